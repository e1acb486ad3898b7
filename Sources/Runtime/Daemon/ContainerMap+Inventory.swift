public import Containers
public import Inspection

extension ContainerMap {
    /// Ports and addresses of the containers that run. Of those that share a network one stands for all.
    public init(_ snapshot: InventorySnapshot) {
        var ports: [UInt32: ContainerNumber] = [:]
        var places: [Place: ContainerNumber] = [:]
        for container in snapshot.containers where !container.hasHostNetwork {
            guard let leader = snapshot.leader(of: container.number) else { continue }
            let number = ContainerNumber(rawValue: leader.number)
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
}
