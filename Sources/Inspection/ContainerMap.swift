public import Wire

/// Where the containers are at one moment: what names the ends of a flow. Immutable; a pipeline takes up a new one
/// between two packets.
///
/// The interface of the host that leads to one container alone (its veth, a bridge port or not) names it whatever
/// address it uses. Where a packet shows the bridge only, as one that is routed to a container does, the address
/// names it, and only behind that bridge: an address that a container gives itself names nothing elsewhere.
public struct ContainerMap: Sendable {
    /// An address behind an interface of the host.
    public struct Place: Hashable, Sendable {
        public let interface: UInt32
        public let address: IPAddress

        public init(interface: UInt32, address: IPAddress) {
            self.interface = interface
            self.address = address
        }
    }

    /// Differs from that of every other map that the pipeline has; 0 is the empty one's.
    public let generation: UInt32
    private let ports: [UInt32: ContainerNumber]
    private let places: [Place: ContainerNumber]

    /// Knows no container.
    public init() { self.init(generation: 0, ports: [:], places: [:]) }

    /// - Parameter ports: by index of the interface, in the network namespace that packets are judged in.
    /// - Parameter places: addresses behind bridges.
    public init(generation: UInt32, ports: [UInt32: ContainerNumber], places: [Place: ContainerNumber]) {
        self.generation = generation
        self.ports = ports
        self.places = places
    }

    /// The container that an end of a packet is.
    /// - Parameter interface: by which the packet came from there or goes there, the bridge port first of all; 0 when
    ///   that is not known.
    public func container(interface: UInt32, address: IPAddress) -> ContainerNumber {
        guard interface != 0 else { return .none }
        return ports[interface] ?? places[Place(interface: interface, address: address)] ?? .none
    }
}
