import Foundation
import TestSupport
import Testing
import Wire

@testable import Containers

/// Ports and addresses as the real kernel tells them, of processes in namespaces that the test makes.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(2)))
struct KernelPlaceTests {
    private let topology: TestTopology
    private let inventory = Inventory()
    private let tracker: Tracker
    private static let source = Tracker.Source(rank: .docker, place: "test")

    init() throws {
        topology = try TestTopology()
        tracker = Tracker(inventory: inventory) { _ in }
        // The thread stays in the namespace that it is started in.
        try TestTopology.inNamespace(topology.host) { tracker.start() }
    }

    /// A process that has its network in a namespace.
    private func process(in namespace: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = TestTopology.prefix(namespace) + ["sleep", "100"]
        try process.run()
        // nsenter becomes sleep in the namespace.
        for _ in 0..<500 {
            let name = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/comm", encoding: .utf8)
            if name == "sleep\n" { break }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return process
    }

    private func container(_ id: String, _ process: Process) -> Container {
        var container = Container(id: id, name: id, runtime: .docker, image: "i")
        container.processID = process.processIdentifier
        return container
    }

    private func wait(_ what: String, until condition: (InventorySnapshot) -> Bool) {
        for _ in 0..<1500 {
            if condition(inventory.snapshot) { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("waited for: \(what); have \(inventory.snapshot.containers)")
    }

    @Test("A container's port, its addresses, one that it gives itself, and another namespace with its number")
    func places() throws {
        defer { tracker.stop() }
        let (client, server) = (try process(in: topology.client), try process(in: topology.server))
        defer {
            for process in [client, server] where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }
        tracker.set([container("client", client), container("server", server)], from: Self.source)
        wait("both have a port") { $0.containers.count == 2 && $0.containers.allSatisfy { $0.interfaces.count == 1 } }
        func find(_ id: String) -> Container? { inventory.snapshot.containers.first { $0.id == id } }
        #expect(find("client")?.interfaces.map(\.name) == [TestTopology.clientVeth])
        #expect(find("server")?.interfaces.map(\.name) == [TestTopology.serverVeth])
        #expect(find("client")?.interfaces.first?.bridge == find("server")?.interfaces.first?.bridge)
        #expect(find("client")?.networkNamespace != find("server")?.networkNamespace)
        #expect(find("client")?.addresses.map(\.description).sorted() == [TestTopology.clientIPv4, TestTopology.clientIPv6])

        let number = find("client")?.number
        try TestTopology.runCommand(["ip", "-n", topology.client, "addr", "add", "198.18.200.77/32", "dev", "eth0"])
        wait("the new address") { _ in find("client")?.addresses.contains(IPAddress(ipv4: 0xc612_c84d)) ?? false }
        try TestTopology.runCommand(["ip", "-n", topology.client, "addr", "del", "198.18.200.77/32", "dev", "eth0"])
        wait("it has gone") { _ in find("client")?.addresses.count == 2 }

        try TestTopology.runCommand(["ip", "-n", topology.host, "link", "del", TestTopology.clientVeth])
        wait("the port has gone") { _ in find("client")?.interfaces.isEmpty ?? false }
        try TestTopology.runCommand([
            "ip", "-n", topology.host, "link", "add", "again", "type", "veth", "peer", "name", "eth0", "netns", topology.client,
        ])
        wait("another port") { _ in find("client")?.interfaces.map(\.name) == ["again"] }
        #expect(find("client")?.interfaces.first?.bridge == 0)
        #expect(find("client")?.number == number)
    }

    @Test("Fifty processes in namespaces of their own come and go; what is left is right")
    func churn() throws {
        defer { tracker.stop() }
        let names = (0..<50).map { "\(topology.host)-\($0)" }
        defer { for name in names { _ = try? TestTopology.runCommand(["ip", "netns", "del", name]) } }
        var processes: [Process] = []
        defer { for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        for (number, name) in names.enumerated() {
            try TestTopology.runCommand(["ip", "netns", "add", name])
            try TestTopology.runCommand([
                "ip", "-n", topology.host, "link", "add", "v\(number)", "type", "veth", "peer", "name", "eth0", "netns", name,
            ])
            try TestTopology.runCommand(["ip", "-n", name, "addr", "add", "198.18.201.\(number + 1)/24", "dev", "eth0"])
            let process = try process(in: name)
            processes.append(process)
            tracker.set("c\(number)", to: container("c\(number)", process), from: Self.source)
            guard number % 5 != 0 else { continue }
            kill(process.processIdentifier, SIGKILL)
            try TestTopology.runCommand(["ip", "-n", topology.host, "link", "del", "v\(number)"])
            try TestTopology.runCommand(["ip", "netns", "del", name])
            tracker.set("c\(number)", to: nil, from: Self.source)
        }
        wait("ten are left, each with its port and address") { snapshot in
            snapshot.containers.count == 10
                && snapshot.containers.allSatisfy { container in
                    let number = Int(container.id.dropFirst()) ?? -1
                    return container.interfaces.map(\.name) == ["v\(number)"]
                        && container.addresses.map(\.description) == ["198.18.201.\(number + 1)"]
                }
        }
        #expect(Set(inventory.snapshot.containers.compactMap(\.networkNamespace)).count == 10)
    }
}
