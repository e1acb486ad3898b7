import AppLayer
import RuleLanguage
import Wire

/// Hashes of a list file: hexadecimal, one a line; what follows the hash and `#` lines are comments.
struct FileHashList: Sendable {
    let algorithm: FileDigests.Algorithm
    private let hashes: Set<[UInt8]>

    init(_ option: FileHashOption, _ bytes: [UInt8]) throws(CompilerOptions.FileFailure) {
        algorithm =
            switch option.algorithm {
            case .md5: .md5
            case .sha1: .sha1
            case .sha256: .sha256
            }
        var hashes: Set<[UInt8]> = []
        for (number, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let text = line.prefix { $0 != UInt8(ascii: "#") }
            guard let word = text.split(whereSeparator: { $0 <= 0x20 }).first else { continue }
            guard let hash = [UInt8](hexadecimal: word), hash.count == algorithm.byteCount else {
                throw .init(
                    message: "\(option.list):\(number + 1): expected \(algorithm.byteCount * 2) hexadecimal digits")
            }
            hashes.insert(hash)
        }
        self.hashes = hashes
    }

    func contains(_ hash: [UInt8]) -> Bool { hashes.contains(hash) }
}
