import TestSupport
import Testing

@testable import Hook

/// With the real tools, in namespaces of the test's own. Without root they are skipped.
@Suite(.enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(1)))
struct HookKernelTests {
    private func saved(_ topology: TestTopology) throws -> [String: [Substring]] {
        var saved: [String: [Substring]] = [:]
        for tool in ["iptables-legacy", "ip6tables-legacy", "iptables-nft", "ip6tables-nft"] {
            let text = try topology.run(in: topology.host, [tool + "-save", "-t", "mangle"])
            saved[tool] = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { $0.prefix { $0 != "[" } }
        }
        return saved
    }

    /// A rule of somebody else in each mangle table, which also makes the tables.
    private func topologyWithRules() throws -> TestTopology {
        let topology = try TestTopology()
        for tool in ["iptables-legacy", "ip6tables-legacy", "iptables-nft", "ip6tables-nft"] {
            for chain in ["FORWARD", "INPUT", "OUTPUT"] {
                try topology.run(
                    in: topology.host, [tool, "-t", "mangle", "-A", chain, "-p", "tcp", "-j", "MARK", "--set-mark", "7"])
            }
        }
        return topology
    }

    private func installer(_ topology: TestTopology) -> HookInstaller {
        HookInstaller(runner: ProcessRunner(prefix: TestTopology.prefix(topology.host)))
    }

    @Test(arguments: [HookOptions.Backend.legacy, .nft])
    func installAndRemoveLeaveNothing(backend: HookOptions.Backend) throws {
        let topology = try topologyWithRules()
        let before = try saved(topology)
        let hook = installer(topology)
        var options = HookOptions(queues: 0...3)
        options.backend = backend
        options.failsOpen = true
        options.offloadMark = .init(value: 0x0400_0000, mask: 0x0400_0000)
        #expect(try hook.install(options).count == 2)
        let status = try hook.show()
        #expect(status.entries.filter { $0.state == .installed }.map(\.backend) == [backend, backend])
        #expect(status.entries.filter { $0.state == .partial }.isEmpty)
        #expect(status.entries.first { $0.state == .installed }?.rules.last
            == "-j NFQUEUE --queue-balance 0:3 --queue-bypass")

        let once = try saved(topology)
        #expect(once != before)
        try hook.install(options)
        #expect(try saved(topology) == once)

        #expect(try hook.remove().count == 2)
        #expect(try saved(topology) == before)
        #expect(try !hook.show().isInstalled)
        #expect(try hook.remove() == ["no hook was installed"])
    }

    @Test func changingTheBackendOrTheFamiliesLeavesNoOldRules() throws {
        let topology = try topologyWithRules()
        let hook = installer(topology)
        var options = HookOptions(queues: 0...0)
        options.backend = .legacy
        try hook.install(options)
        options.backend = .nft
        options.families = [.ipv4]
        try hook.install(options)
        let installed = try hook.show().entries.filter { $0.state != .absent }
        #expect(installed.map(\.backend) == [.nft])
        #expect(installed.map(\.family) == [.ipv4])
    }

    @Test(arguments: [HookOptions.Backend.legacy, .nft])
    func leftoversAreSeenRepairedAndRemoved(backend: HookOptions.Backend) throws {
        let topology = try topologyWithRules()
        let before = try saved(topology)
        let hook = installer(topology)
        var options = HookOptions(queues: 0...0)
        options.backend = backend
        options.families = [.ipv4]
        try hook.install(options)
        let good = try saved(topology)
        let tool = "iptables-\(backend.rawValue)"
        for change in ["-D INPUT -j REMPART-INPUT", "-A FORWARD -j REMPART-FORWARD", "-A OUTPUT -o eth9 -j REMPART-QUEUE"] {
            try topology.run(
                in: topology.host, [tool, "-t", "mangle"] + change.split(separator: " ").map(String.init))
        }
        #expect(try hook.show().entries.contains { $0.state == .partial })
        try hook.install(options)
        #expect(try hook.show().entries.filter { $0.state == .installed }.count == 1)
        #expect(try saved(topology).mapValues { $0.sorted() } == good.mapValues { $0.sorted() })
        try topology.run(in: topology.host, [tool, "-t", "mangle", "-D", "INPUT", "-j", "REMPART-INPUT"])
        try hook.remove()
        #expect(try saved(topology) == before)
    }

    /// Without a daemon: dropped when failing closed, passed when failing open. Neighbour
    /// discovery works in both.
    @Test(arguments: [HookOptions.Backend.legacy, .nft], [true, false])
    func trafficMeetsTheHook(backend: HookOptions.Backend, failsOpen: Bool) throws {
        let topology = try TestTopology()
        try topology.setBridgeNetfilter(false)
        var options = HookOptions(queues: 0...0)
        options.backend = backend
        options.failsOpen = failsOpen
        options.interfaces = ["br+"]
        let done = try installer(topology).install(options)
        #expect(done.contains("net.bridge.bridge-nf-call-iptables set to 1"))
        #expect(done.contains("net.bridge.bridge-nf-call-ip6tables set to 1"))
        for (address, from, server) in [
            (TestTopology.serverIPv4, topology.client, topology.server),
            (TestTopology.serverIPv6, topology.client, topology.server),
            (TestTopology.serverIPv4, topology.host, topology.server),
            (TestTopology.hostIPv6, topology.client, topology.host),
        ] {
            let receiver = try TestSocket.bound(.udp, to: address, port: 7, in: server)
            receiver.setTimeout(milliseconds: 150)
            let sender = try #require(try TestSocket.connected(.udp, to: address, port: 7, in: from))
            sender.send([1])
            #expect(receiver.receive() == (failsOpen ? [1] : nil), "\(address) from \(from)")
        }
        // The host's own loopback is not container traffic.
        let loopback = try TestSocket.bound(.udp, to: "127.0.0.1", port: 7, in: topology.host)
        let local = try #require(try TestSocket.connected(.udp, to: "127.0.0.1", port: 7, in: topology.host))
        local.send([2])
        #expect(loopback.receive() == [2])
        let neighbours = try topology.run(in: topology.client, ["ip", "-6", "neigh", "show", TestTopology.serverIPv6])
        #expect(neighbours.contains("lladdr"))
    }

    /// The tool understands the native form; whether this kernel does is another matter.
    @Test func nativeFormIsValid() throws {
        let topology = try TestTopology()
        let runner = ProcessRunner(prefix: TestTopology.prefix(topology.host))
        var options = HookOptions(queues: 0...3)
        options.failsOpen = true
        options.offloadMark = .init(value: 0x0400_0000, mask: 0x0400_0000)
        let script = HookPlan.nativeInstallScript(options)
        let withoutQueue = script.replacing("queue num 0-3 bypass", with: "accept")
        #expect(withoutQueue != script)
        #expect(try runner.run(["nft", "-c", "-f", "-"], input: withoutQueue) == CommandResult())
        let whole = try runner.run(["nft", "-c", "-f", "-"], input: script)
        #expect(!whole.errors.contains("syntax error"))
        if whole.status == 0 {
            options.backend = .native
            let hook = HookInstaller(runner: runner)
            try hook.install(options)
            #expect(try hook.show().entries.last?.state == .installed)
            try hook.remove()
            #expect(try hook.show().entries.last?.state == .absent)
        }
    }
}
