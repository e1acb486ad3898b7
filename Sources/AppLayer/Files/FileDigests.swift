/// The hashes of a file that somebody asks for, taken while it passes.
public struct FileDigests: Sendable {
    public enum Algorithm: UInt8, CaseIterable, Hashable, Sendable {
        case md5, sha1, sha256

        public var byteCount: Int {
            switch self {
            case .md5: 16
            case .sha1: 20
            case .sha256: 32
            }
        }
    }

    private var md5: Digest<MD5>?
    private var sha1: Digest<SHA1>?
    private var sha256: Digest<SHA256>?

    init(_ wanted: Set<Algorithm>) {
        if wanted.contains(.md5) { md5 = Digest() }
        if wanted.contains(.sha1) { sha1 = Digest() }
        if wanted.contains(.sha256) { sha256 = Digest() }
    }

    mutating func update(_ bytes: Span<UInt8>) {
        md5?.update(bytes)
        sha1?.update(bytes)
        sha256?.update(bytes)
    }

    func value(_ algorithm: Algorithm) -> [UInt8]? {
        switch algorithm {
        case .md5: md5?.value
        case .sha1: sha1?.value
        case .sha256: sha256?.value
        }
    }
}
