/// Stands for one container in what workers share. It is the container's for life, and no other's as long as a flow may
/// hold it.
public struct ContainerNumber: Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No container: the host itself, somebody outside, or not known.
    public static let none = ContainerNumber(rawValue: 0)
}

/// The containers at a flow's ends.
struct FlowContainers {
    var client = ContainerNumber.none
    var server = ContainerNumber.none
    /// Of the map that they were looked up in last.
    var generation: UInt32 = 0

    /// The one whose policy holds for the flow.
    var deciding: ContainerNumber { server != .none ? server : client }
}
