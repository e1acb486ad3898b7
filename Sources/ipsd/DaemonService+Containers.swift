import Containers
import Control
import Inspection
import Runtime
import Wire

extension DaemonService {
    func containers() async -> ContainersReport {
        let snapshot = daemon.containers.inventory.snapshot
        return ContainersReport(
            containers: snapshot.containers.map { ContainerReport($0, snapshot) }, runtimes: daemon.containers.runtimes.map(RuntimeReport.init))
    }

    func identity(_ number: ContainerNumber) -> ContainerIdentityReport? {
        guard number != .none else { return nil }
        return daemon.containers.inventory.container(number: number.rawValue).map(ContainerIdentityReport.init)
    }
}

extension ContainerIdentityReport {
    fileprivate init(_ container: Container) {
        self.init(id: container.id, name: container.name, runtime: container.runtime.rawValue, image: container.image)
        digest = container.digest ?? container.imageID
        project = container.composeProject
        pod = container.pod
        namespace = container.namespace
    }
}

extension ContainerReport {
    fileprivate init(_ container: Container, _ snapshot: InventorySnapshot) {
        self.init(id: container.id, name: container.name, runtime: container.runtime.rawValue, image: container.image)
        digest = container.digest
        image_id = container.imageID
        project = container.composeProject
        service = container.composeService
        pod = container.pod
        namespace = container.namespace
        labels = container.labels
        pid = container.processID
        network_namespace = container.networkNamespace
        host_network = container.hasHostNetwork
        sandbox = container.isSandbox
        interfaces = container.interfaces.map { .init(index: $0.index, name: $0.name, bridge: $0.bridge == 0 ? nil : $0.bridge) }
        addresses = container.addresses.map(\.description)
        shares_network_with = snapshot.sharing(container.number).filter { $0.number != container.number }.map(\.id)
    }
}

extension RuntimeReport {
    fileprivate init(_ status: RuntimeStatus) {
        let (state, reason): (String, String?) =
            switch status.state {
            case .following: ("following", nil)
            case .absent(let reason): ("absent", reason)
            case .failed(let reason): ("failed", reason)
            }
        self.init(runtime: status.runtime, place: status.place, state: state, reason: reason, since: status.since)
    }
}
