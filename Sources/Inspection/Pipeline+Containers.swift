import Events
import Flow
import Wire

/// Which containers a packet is between.
extension Pipeline {
    /// Takes up where containers are, between two packets; flows look their ends up anew with their next packet.
    public func adopt(_ containers: ContainerMap) { self.containers = containers }

    /// Once for each flow and map. An end that the map does not know stays who it was: its container may have gone just
    /// now. Another container in its place is another end.
    func findContainers(
        _ packet: DecodedPacket, _ metadata: PacketMetadata, _ state: FlowState, _ direction: Direction
    ) {
        guard state.containers.generation != containers.generation else { return }
        state.containers.generation = containers.generation
        let source = containers.container(interface: metadata.inputInterface, address: packet.source)
        let destination = containers.container(interface: metadata.outputInterface, address: packet.destination)
        let (client, server) = direction == .toServer ? (source, destination) : (destination, source)
        state.scopeGeneration = 0
        if client != .none { state.containers.client = client }
        if server != .none { state.containers.server = server }
    }

    /// A packet's own ends: who sends with a neighbour's address, into a flow of its even, is named by its port.
    func nameContainers(_ packet: DecodedPacket, _ metadata: PacketMetadata, _ header: inout EventHeader) {
        header.sourceContainer = containers.container(interface: metadata.inputInterface, address: packet.source).rawValue
        header.destinationContainer =
            containers.container(interface: metadata.outputInterface, address: packet.destination).rawValue
    }

    /// A flow's ends, where the packet does not say: at the flow's end there is none, and a container may have gone. An
    /// unknown port is nobody's, whatever the flow.
    func nameContainers(_ state: FlowState, _ metadata: PacketMetadata, _ direction: Direction, _ header: inout EventHeader) {
        let (source, destination) = (header.sourceContainer, header.destinationContainer)
        nameContainers(of: state, direction, &header)
        if source != 0 || metadata.inputInterface != 0 { header.sourceContainer = source }
        if destination != 0 { header.destinationContainer = destination }
    }

    /// What is told of a flow as a whole.
    func nameContainers(of state: FlowState, _ direction: Direction, _ header: inout EventHeader) {
        let (client, server) = (state.containers.client.rawValue, state.containers.server.rawValue)
        header.sourceContainer = direction == .toServer ? client : server
        header.destinationContainer = direction == .toServer ? server : client
    }
}
