/// The place of a flow in its worker's table: other rooms keep what they know of a flow in
/// arrays of their own under the same index.
public struct FlowIndex: Hashable, Sendable {
    public let rawValue: Int32

    @inlinable
    public init(rawValue: Int32) { self.rawValue = rawValue }
}
