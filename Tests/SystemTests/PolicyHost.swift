import Containers
import Foundation
import Logging
import Runtime
import TestSupport
import Testing

/// One daemon in this process, whose containers a test may say.
final class PolicyHost {
    let site: Site
    let daemon: Daemon
    let configuration: Configuration

    /// - Parameter change: of the daemon's configuration.
    init(policy: String, _ change: (inout Configuration) -> Void = { _ in }) async throws {
        site = try Site()
        try site.folder.write("patches/demo/patch.yaml", "id: demo\ntitle: A demonstration\nstage: shadow\n")
        try site.folder.write(
            "patches/demo/patch.rules", "drop http any any -> any any (msg:\"demo\"; http.uri; content:\"/evil\"; sid:1;)\n")
        var configuration = Configuration()
        configuration.patchesPath = "\(site.folder.path)/patches"
        configuration.policyPath = try site.folder.write("policy.yaml", policy)
        configuration.eventsPath = "\(site.folder.path)/eve.json"
        configuration.promotionStatePath = "\(site.folder.path)/promotion.json"
        change(&configuration)
        let settings = configuration
        self.configuration = settings
        daemon = try TestTopology.inNamespace(site.topology.host) {
            try Daemon(
                configuration: settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onFailure: { _ in })
        }
        try site.topology.run(in: site.topology.host, ["\(Site.programs)/ipsctl", "hook", "install", "--queues", "0"])
    }

    /// Containers by name behind the ports of the bridge; nil for none there.
    func adopt(client: String?, server: String?) async throws {
        var containers: [Container] = []
        for (name, port) in [(client, TestTopology.clientVeth), (server, TestTopology.serverVeth)] {
            guard let name else { continue }
            var container = Container(id: "id-\(name)", name: name, runtime: .docker, image: "shop/\(name)")
            container.interfaces = [.init(index: try index(of: port), name: port, bridge: try index(of: TestTopology.bridge))]
            containers.append(container)
        }
        daemon.adopt(InventorySnapshot(numbering: containers))
        // Answered by every worker after it has taken up what was posted before.
        _ = await daemon.snapshots()
    }

    private func index(of name: String) throws -> UInt32 {
        let line = try site.topology.run(in: site.topology.host, ["ip", "-o", "link", "show", "dev", name])
        return try #require(UInt32(line.prefix { $0 != ":" }))
    }

    /// What a request for `target` gets over IPv4 and IPv6.
    func answers(_ target: String) -> [String] {
        [site.url, site.urlOverIPv6].map { site.request(target, ["--max-time", "1"], over: $0) }
    }

    func end() async { await daemon.stop() }
}
