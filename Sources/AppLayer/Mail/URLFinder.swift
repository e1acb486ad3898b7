import Wire

/// Finds the URLs of a text that comes in pieces.
struct URLFinder {
    private static let lengthLimit = 2048
    private let schemes: [[UInt8]]
    private let keepsScheme: Bool
    /// What may be the beginning of a URL.
    private var held: [UInt8] = []

    /// - Parameter schemes: without `://`.
    init(schemes: [String], keepsScheme: Bool) {
        self.schemes = schemes.map { Array("\($0)://".utf8) }
        self.keepsScheme = keepsScheme
    }

    /// The URLs that `bytes` complete, in order.
    mutating func read(_ bytes: [UInt8]) -> [[UInt8]] {
        guard !schemes.isEmpty else { return [] }
        held += bytes
        var found: [[UInt8]] = []
        var at = 0
        while let (start, scheme) = next(from: at) {
            let rest = start + scheme
            var end = rest
            while end < held.count, end - start < Self.lengthLimit, Self.isURLByte(held[end]) { end += 1 }
            guard end < held.count || end - start >= Self.lengthLimit else {
                held.removeFirst(start)
                return found
            }
            if end > rest { found.append(Array(held[(keepsScheme ? start : rest)..<end])) }
            at = end
        }
        let kept = schemes.map(\.count).max() ?? 0
        held.removeFirst(max(at, held.count - kept))
        return found
    }

    /// The text ended.
    mutating func finish() -> [[UInt8]] { read([0x0a]) }

    private func next(from start: Int) -> (place: Int, length: Int)? {
        var at = start
        while at < held.count {
            for scheme in schemes where held.count - at >= scheme.count {
                var index = 0
                while index < scheme.count, held[at + index].lowercasedASCII == scheme[index] { index += 1 }
                if index == scheme.count { return (at, index) }
            }
            at += 1
        }
        return nil
    }

    /// RFC 3986, appendix A, and bytes past ASCII, which readers take as they are.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7f, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: true
        }
    }
}
