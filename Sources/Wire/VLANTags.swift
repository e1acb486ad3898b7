/// The VLAN identifiers of a frame from the outside in, three at most.
public struct VLANTags: Hashable, Sendable {
    /// 16 bits for each identifier, the outermost in the lowest ones.
    private var packed: UInt64 = 0
    public private(set) var count: UInt8 = 0
    public static let capacity: UInt8 = 3

    public init() {}

    mutating func append(_ id: UInt16) {
        guard count < Self.capacity else { return }
        packed |= UInt64(id) << (UInt64(count) * 16)
        count += 1
    }

    public subscript(index: Int) -> UInt16? {
        guard index >= 0, index < Int(count) else { return nil }
        return UInt16(truncatingIfNeeded: packed >> (UInt64(index) * 16))
    }

    public var ids: [UInt16] { (0..<Int(count)).compactMap { self[$0] } }

    /// Tags and their number in one word.
    public var word: UInt64 { packed | UInt64(count) << 48 }
}
