import Detection
import Events
import Flow
import TestSupport
import Testing

@testable import Runtime

struct DaemonPartsTests {
    @Test func workersShareTheFlowMemoryAndHaveASecretKey() {
        var first = FlowTableConfiguration(), second = FlowTableConfiguration()
        first.memcapBytes = 64 << 20
        first.prepareForLive(workers: 4)
        second.prepareForLive(workers: 4)
        #expect(first.memcapBytes == 16 << 20)
        #expect(first.hashSeed != second.hashSeed && first.hashSeed != FlowTableConfiguration().hashSeed)
    }

    @Test func interfaceNamesAreCachedAndFollowRenames() {
        let now = ContinuousClock.now
        let host = Host()
        var names = InterfaceNames { _ in host.answer() }
        #expect(names.name(of: 0, now: now) == nil && names.name(of: 5, now: now) == "veth0")
        host.name = "renamed"
        #expect(names.name(of: 5, now: now) == "veth0" && host.asked == 1)
        #expect(names.name(of: 5, now: now + .seconds(2)) == "renamed")
        host.name = nil
        #expect(names.name(of: 5, now: now + .seconds(4)) == "renamed")
        #expect(InterfaceNames().named(1, now) == "lo")
    }

    @Test func aBridgeThatGoesPastNetfilterIsSaidOnce() throws {
        let folder = try TemporaryFolder()
        #expect(BridgeNetfilter.current(folder: folder.path) == BridgeNetfilter(ipv4: nil, ipv6: nil))
        try folder.write("bridge-nf-call-iptables", "1\n")
        try folder.write("bridge-nf-call-ip6tables", "0\n")
        let on = BridgeNetfilter.current(folder: folder.path)
        #expect(on.turnedOff(since: nil) == ["net.bridge.bridge-nf-call-ip6tables"] && on.turnedOff(since: on).isEmpty)
        try folder.write("bridge-nf-call-iptables", "0\n")
        #expect(BridgeNetfilter.current(folder: folder.path).turnedOff(since: on) == ["net.bridge.bridge-nf-call-iptables"])
    }

    @Test func replayReplacesItsEventFileAndTheDaemonAppends() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("eve.json", "old\n")
        _ = try FileSink(path: path)
        #expect(try folder.text("eve.json") == "old\n")
        try EventFile(path: path).close()
        #expect(try folder.text("eve.json").isEmpty)
    }

    @Test func rulesThatWentAwayAreCounted() throws {
        let folder = try TemporaryFolder()
        func set(_ text: String) throws -> RuleSet {
            var configuration = Configuration()
            configuration.rulePaths = [try folder.write("a.rules", text)]
            return try RuleLoader(configuration: configuration).load(previous: nil).ruleSet
        }
        let both = try set("alert tcp any any -> any any (sid:1;)\nalert tcp any any -> any any (sid:2;)")
        let one = try set("alert tcp any any -> any any (sid:2;)")
        #expect(Daemon.removed(one, from: both) == 1 && Daemon.removed(both, from: one) == 0)
        #expect(Daemon.removed(try set(""), from: both) == 2)
    }
}

private final class Host {
    var name: String? = "veth0"
    var asked = 0
    func answer() -> String? {
        asked += 1
        return name
    }
}

extension InterfaceNames {
    fileprivate func named(_ index: UInt32, _ now: ContinuousClock.Instant) -> String? {
        var copy = self
        return copy.name(of: index, now: now)
    }
}
