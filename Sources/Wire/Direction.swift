/// Which way a packet of a flow travels. The raw value indexes two-element per-direction state.
public enum Direction: UInt8, Sendable, CaseIterable {
    case toServer = 0
    case toClient = 1

    @inlinable
    public var reversed: Direction { self == .toServer ? .toClient : .toServer }

    @inlinable
    public var index: Int { Int(rawValue) }
}
