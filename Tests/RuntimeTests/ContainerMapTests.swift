@testable import Containers
import Events
import Inspection
import Testing
import Wire

@testable import Runtime

/// From the inventory to what workers and records know.
@Suite struct ContainerMapTests {
    private static let address = IPAddress(ipv4: 0xc612_0a02)

    private static func container(_ id: String, port: UInt32, bridge: UInt32, namespace: Int32) -> Container {
        var container = Container(id: id, name: id, runtime: .docker, image: "docker.io/shop/\(id):1")
        container.interfaces = [.init(index: port, name: "v\(port)", bridge: bridge)]
        container.addresses = [address]
        container.networkNamespace = namespace
        container.processID = 1
        return container
    }

    @Test("Ports name containers, addresses behind their bridge alone; who ran first keeps an address")
    func places() throws {
        let inventory = Inventory()
        inventory.replace(with: [Self.container("first", port: 5, bridge: 2, namespace: 0)])
        inventory.replace(with: [
            Self.container("first", port: 5, bridge: 2, namespace: 0), Self.container("thief", port: 6, bridge: 2, namespace: 1),
            Self.container("elsewhere", port: 7, bridge: 3, namespace: 2),
        ])
        let map = ContainerMap(inventory.snapshot)
        func name(_ interface: UInt32, _ address: IPAddress = Self.address) -> String? {
            inventory.container(number: map.container(interface: interface, address: address).rawValue)?.name
        }
        #expect(name(5) == "first" && name(6) == "thief" && name(7, IPAddress(ipv4: 1)) == "elsewhere")
        #expect(name(2) == "first" && name(3) == "elsewhere")
        #expect(name(9) == nil && name(0) == nil && name(2, IPAddress(ipv4: 1)) == nil)
    }

    @Test("Of a shared network the leader is named, with the others beside it; one with the host's network is not")
    func shared() throws {
        let inventory = Inventory()
        var pause = Self.container("pause", port: 5, bridge: 2, namespace: 0)
        pause.isSandbox = true
        var host = Self.container("host", port: 8, bridge: 2, namespace: 3)
        host.hasHostNetwork = true
        inventory.replace(with: [pause])
        inventory.replace(with: [pause, Self.container("app", port: 5, bridge: 2, namespace: 0)])
        inventory.replace(with: [pause, Self.container("app", port: 5, bridge: 2, namespace: 0), Self.container("side", port: 5, bridge: 2, namespace: 0), host])
        let map = ContainerMap(inventory.snapshot)
        #expect(map.container(interface: 8, address: Self.address) == .none)
        var header = EventHeader()
        header.sourceContainer = map.container(interface: 5, address: Self.address).rawValue
        let names = ContainerNames(inventory)
        names.name(&header)
        #expect(header.containers.source?.name == "app" && header.containers.source?.sharing == ["side"])
        #expect(header.containers.destination == nil)
        // A worker that did not know the container yet: a packet's own record is named by its port, no other.
        var late = Event(header: EventHeader(), body: .alert(AlertRecord(), appProtocol: nil))
        (late.header.source, late.header.inputInterfaceIndex) = (Self.address, 5)
        names.name(&late)
        #expect(late.header.containers.source?.name == "app")
        var other = Event(header: EventHeader(), body: .http(HTTPRecord()))
        (other.header.source, other.header.inputInterfaceIndex) = (Self.address, 5)
        names.name(&other)
        #expect(other.header.containers.source == nil)
        // A flow's record comes after its container has gone.
        inventory.replace(with: [])
        names.name(&header)
        #expect(header.containers.source?.name == "app")
    }
}
