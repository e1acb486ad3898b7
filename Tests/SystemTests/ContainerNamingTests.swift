import Foundation
import TestSupport
import Testing

/// Real Docker on the real kernel: who is who in flows and events.
@Suite(
    .serialized, .enabled(if: EngineHost.isSupported(.docker), EngineHost.requirement(.docker)), .timeLimit(.minutes(5)))
struct DockerNamingTests {
    @Test("Events, flows and decisions name both ends, on one bridge and across bridges, and an entrypoint's first request")
    func bothEnds() throws {
        let host = try EngineHost(.docker)
        defer { host.stop() }
        let web = try host.start("web", ["--label", "app=shop", "--label", "com.docker.compose.project=shop"], command: EngineHost.server)
        try host.start("client")
        try host.wait("both have ports") { try host.containers().values.filter { !(($0["interfaces"] as? [Any]) ?? []).isEmpty }.count == 2 }
        let known = try #require(try host.containers()["web"])
        let address = try #require((known["addresses"] as? [String])?.first)
        #expect(known["id"] as? String == web && known["image"] as? String == "docker.io/shop/web:1")
        #expect((known["labels"] as? [String: String])?["app"] == "shop" && known["project"] as? String == "shop")
        #expect((known["image_id"] as? String)?.hasPrefix("sha256:") == true)

        #expect(try host.request(from: "client", "/", of: address).contains("200"))
        #expect(try host.request(from: "client", "/evil", of: address) == "")
        try host.wait("the drop is written") { try !host.events("drop").isEmpty }
        for type in ["alert", "drop", "http"] {
            let record = try host.events(type).first
            #expect(EngineHost.container(record, "src") == "client", "\(type)")
            #expect(EngineHost.container(record, "dest") == "web", "\(type)")
            #expect(EngineHost.container(record, "dest", "image") == "docker.io/shop/web:1", "\(type)")
        }
        #expect(try host.control("explain").contains("client [docker.io/shop/web:1] -> web [docker.io/shop/web:1]"))
        #expect(try host.control("flows").contains("client [docker.io/shop/web:1] -> web"))
        #expect(try host.control("status").contains("containers: 2 docker"))

        // From another network, routed: no port shows on the way to the server.
        try host.engine("network", "create", "other")
        try host.start("far", ["--network", "other"])
        try host.run(["iptables-legacy", "-I", "DOCKER-USER", "-j", "ACCEPT"])
        #expect(try host.request(from: "far", "/evil", of: address) == "")
        try host.wait("the third is named") { try host.events("drop").contains { EngineHost.container($0, "src") == "far" } }
        #expect(try host.events("drop").filter { EngineHost.container($0, "src") == "far" }.allSatisfy { EngineHost.container($0, "dest") == "web" })

        // The first thing that a container does.
        try host.start("quick", command: EngineHost.request("/evil", of: address))
        try host.wait("the fourth is blocked and named") {
            try host.control("flows").split(separator: "\n").contains { $0.contains("BLOCKED") && $0.contains("quick [docker.io/shop/web:1] -> web") }
        }
    }

    @Test("A container that sends with its neighbour's address is named by its port")
    func spoofed() throws {
        let host = try EngineHost(.docker)
        defer { host.stop() }
        try host.start("web", command: EngineHost.server)
        try host.start("victim")
        try host.start("spoofer", ["--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"])
        try host.wait("all have ports") { try host.containers().values.filter { !(($0["interfaces"] as? [Any]) ?? []).isEmpty }.count == 3 }
        func address(_ name: String) throws -> String { try #require((try host.containers()[name]?["addresses"] as? [String])?.first) }
        let (web, victim) = (try address("web"), try address("victim"))
        try host.engine("exec", "spoofer", "ip", "addr", "add", "\(victim)/32", "dev", "eth0")
        try host.engine("exec", "spoofer", "ip", "route", "add", "\(web)/32", "dev", "eth0", "src", victim)
        try host.engine("exec", "spoofer", "bash", "-c", "echo evil > /dev/udp/\(web)/9999")
        try host.wait("the drop is written") { try host.events("drop").contains { $0["dest_port"] as? Int == 9999 } }
        let drop = try host.events("drop").first { $0["dest_port"] as? Int == 9999 }
        #expect(drop?["src_ip"] as? String == victim)
        #expect(EngineHost.container(drop, "src") == "spoofer" && EngineHost.container(drop, "dest") == "web")
        // Nor does the address lead others' traffic to the spoofer's name.
        try host.run(["bash", "-c", "echo evil > /dev/udp/\(victim)/9998"])
        try host.wait("the host's datagram is written") { try host.events("drop").contains { $0["dest_port"] as? Int == 9998 } }
        #expect(EngineHost.container(try host.events("drop").first { $0["dest_port"] as? Int == 9998 }, "dest") == "victim")
    }

    @Test("A restart of the runtime loses no name, and what changed meanwhile is made up for")
    func restart() throws {
        let host = try EngineHost(.docker, extra: ["--live-restore"])
        defer { host.stop() }
        try host.start("web", command: EngineHost.server)
        try host.start("client")
        try host.wait("both have ports") { try host.containers().values.filter { !(($0["interfaces"] as? [Any]) ?? []).isEmpty }.count == 2 }
        let before = try #require(try host.containers()["web"])
        let address = try #require((before["addresses"] as? [String])?.first)
        let process = try #require(try host.containers()["client"]?["pid"] as? Int)
        try host.killEngine()
        try host.wait("the runtime is missed") { host.log.contains("can't be followed") }
        #expect(Set(try host.containers().keys) == ["web", "client"])
        _ = try? host.run(["nsenter", "-t", "\(process)", "-n", "curl", "-s", "-m2", "http://\(address)/evil"])
        try host.wait("the drop is written") { try !host.events("drop").isEmpty }
        #expect(EngineHost.container(try host.events("drop").first, "src") == "client")
        try host.startEngine(["--live-restore"])
        try host.start("late")
        try host.wait("all are known") { Set(try host.containers().keys) == ["web", "client", "late"] }
        try host.engine("rm", "-f", "client")
        try host.wait("one has gone") { Set(try host.containers().keys) == ["web", "late"] }
    }
}

/// The same with Podman and its service.
@Suite(
    .serialized, .enabled(if: EngineHost.isSupported(.podman), EngineHost.requirement(.podman)), .timeLimit(.minutes(5)))
struct PodmanNamingTests {
    @Test("Events name both ends; networks that are joined later and pods are known")
    func bothEnds() throws {
        let host = try EngineHost(.podman)
        defer { host.stop() }
        try host.start("web", ["--label", "app=shop"], command: EngineHost.server)
        try host.start("client")
        try host.wait("both have ports") { try host.containers().values.filter { !(($0["interfaces"] as? [Any]) ?? []).isEmpty }.count == 2 }
        let known = try #require(try host.containers()["web"])
        #expect(known["runtime"] as? String == "podman" && (known["labels"] as? [String: String])?["app"] == "shop")
        let address = try #require((known["addresses"] as? [String])?.first)
        #expect(try host.request(from: "client", "/", of: address).contains("200"))
        #expect(try host.request(from: "client", "/evil", of: address) == "")
        try host.wait("the drop is written") { try !host.events("drop").isEmpty }
        let drop = try host.events("drop").first
        #expect(EngineHost.container(drop, "src") == "client" && EngineHost.container(drop, "dest") == "web")

        try host.engine("network", "create", "second")
        try host.engine("network", "connect", "second", "web")
        try host.wait("the second port is known") { ((try host.containers()["web"]?["interfaces"] as? [Any]) ?? []).count == 2 }
        #expect((try host.containers()["web"]?["addresses"] as? [String])?.count == 2)
        // A pod: its infrastructure container has the network, and does nothing else.
        try host.engine(
            "pod", "create", "--name", "shop", "--infra-image", "localhost/shop/web:1", "--infra-command", "/bin/sleep 1000")
        try host.start("app", ["--pod", "shop"], command: EngineHost.server)
        try host.wait("the pod is known") { try host.containers()["app"]?["pod"] as? String == "shop" }
        let app = try #require((try host.containers()["app"]?["addresses"] as? [String])?.first)
        #expect(try host.request(from: "client", "/evil", of: app) == "")
        try host.wait("the pod's container is named") {
            try host.events("drop").contains {
                EngineHost.container($0, "dest") == "app" && EngineHost.container($0, "dest", "pod") == "shop"
            }
        }
        try host.engine("rm", "-f", "-t", "0", "client")
        try host.wait("one has gone") { try host.containers()["client"] == nil }
    }
}
