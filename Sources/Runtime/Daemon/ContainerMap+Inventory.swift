public import Containers
public import Inspection

extension ContainerMap {
    /// Ports and addresses of the containers that run. Of those that share a network one stands for all.
    public init(_ snapshot: InventorySnapshot) {
        var ports: [UInt32: ContainerNumber] = [:]
        var places: [Place: ContainerNumber] = [:]
        for (container, number) in Self.numbered(snapshot) {
            for interface in container.interfaces {
                ports[interface.index] = number
                guard interface.bridge != 0 else { continue }
                // The one that ran first keeps an address that another gives itself as well.
                for address in container.addresses {
                    let place = Place(interface: interface.bridge, address: address)
                    if places[place] == nil { places[place] = number }
                }
            }
        }
        self.init(generation: snapshot.generation, ports: ports, places: places)
    }

    /// Stands for every interface in a map of addresses alone.
    static let everyInterface = UInt32.max

    /// For captures, which do not say by which port a packet came: what its addresses say must do.
    init(addressesOf snapshot: InventorySnapshot) {
        var places: [Place: ContainerNumber] = [:]
        for (container, number) in Self.numbered(snapshot) {
            for address in container.addresses {
                let place = Place(interface: Self.everyInterface, address: address)
                if places[place] == nil { places[place] = number }
            }
        }
        self.init(generation: snapshot.generation, ports: [:], places: places)
    }

    /// Those with a network of their own, by the number of the one that stands for all with the same network.
    private static func numbered(_ snapshot: InventorySnapshot) -> [(Container, ContainerNumber)] {
        snapshot.containers.compactMap { container in
            guard !container.hasHostNetwork, let leader = snapshot.leader(of: container.number) else { return nil }
            return (container, ContainerNumber(rawValue: leader.number))
        }
    }
}
