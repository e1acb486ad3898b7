import Containers
import Events
import Inspection
import Wire

/// Names of containers by their numbers, for records. Kept until the inventory changes.
final class ContainerNames {
    private let snapshot: () -> InventorySnapshot
    private let find: (UInt32) -> Container?
    private var generation: UInt32 = 0
    /// Of the same generation.
    private var map = ContainerMap()
    private var records: [UInt32: ContainerRecord] = [:]
    /// Of containers that have gone there may be many more than run.
    private static let capacity = 4096

    init(_ inventory: Inventory) {
        snapshot = { inventory.snapshot }
        find = { inventory.container(number: $0) }
    }

    /// Of containers that stay as they are.
    init(_ containers: InventorySnapshot) {
        snapshot = { containers }
        find = { containers[$0] }
    }

    func name(_ event: inout Event) {
        switch event.body {
        case .alert, .drop: name(&event.header, isOfPacket: true)
        default: name(&event.header)
        }
    }

    /// - Parameter isOfPacket: the interface is the one by which the source's packet came, not just any of the flow.
    func name(_ header: inout EventHeader, isOfPacket: Bool = false) {
        let snapshot = snapshot()
        if snapshot.generation != generation || records.count >= Self.capacity {
            records.removeAll(keepingCapacity: true)
            generation = snapshot.generation
            map = ContainerMap(snapshot)
        }
        // A container that was new to the worker may be known by now; no other ever has its port.
        if isOfPacket, header.sourceContainer == 0, let source = header.source {
            header.sourceContainer = map.container(interface: header.inputInterfaceIndex, address: source).rawValue
        }
        guard header.sourceContainer != 0 || header.destinationContainer != 0 else { return }
        header.containers = (
            record(header.sourceContainer, snapshot), record(header.destinationContainer, snapshot)
        )
    }

    private func record(_ number: UInt32, _ snapshot: InventorySnapshot) -> ContainerRecord? {
        guard number != 0 else { return nil }
        if let known = records[number] { return known }
        guard let container = find(number) else { return nil }
        let others = snapshot.sharing(number).filter { $0.number != number && !$0.isSandbox }.map(\.name)
        let record = ContainerRecord(container, sharing: others)
        records[number] = record
        return record
    }
}

extension ContainerRecord {
    fileprivate convenience init(_ container: Container, sharing: [String]) {
        self.init(
            id: container.id, name: container.name, runtime: container.runtime.rawValue, image: container.image,
            digest: container.digest ?? container.imageID, project: container.composeProject, pod: container.pod,
            namespace: container.namespace, sharing: sharing)
    }
}
