/// One string to look for. Its index in the list given to the matcher is its identity.
public struct Pattern: Hashable, Sendable {
    /// 1 to 255 bytes; with `ignoresCase`, ASCII letters match in either case.
    public let bytes: [UInt8]
    public let ignoresCase: Bool

    public init(_ bytes: [UInt8], ignoresCase: Bool) {
        self.bytes = bytes
        self.ignoresCase = ignoresCase
    }
}
