import Foundation

/// A host with a bridge, a client and a server, each in a network namespace of its own, without any link to this
/// machine's network:
///
///     client 198.18.0.2 ── veth ──┐
///                                 bench0 198.18.0.1 (host)
///     server 198.18.0.3 ── veth ──┘
final class BenchNetwork {
    static let hostAddress = "198.18.0.1"
    static let clientAddress = "198.18.0.2"
    static let serverAddress = "198.18.0.3"
    private static let bridge = "bench0"

    let host: String
    let client: String
    let server: String
    private let cleanup: Cleanup

    /// - Parameter number: differs between the networks of one run.
    init(number: Int, cleanup: Cleanup) throws {
        let prefix = "rempart-bench-\(getpid())-\(number)"
        host = "\(prefix)-host"
        client = "\(prefix)-client"
        server = "\(prefix)-server"
        self.cleanup = cleanup
        for namespace in [host, client, server] {
            try Command.run(["ip", "netns", "add", namespace])
            cleanup.add(namespace: namespace)
            try ip(namespace, "link set lo up")
        }
        try ip(host, "link add \(Self.bridge) type bridge")
        try ip(host, "link set \(Self.bridge) up")
        try ip(host, "address add \(Self.hostAddress)/24 dev \(Self.bridge)")
        try connect(client, by: "vclient", address: Self.clientAddress)
        try connect(server, by: "vserver", address: Self.serverAddress)
        try set("net/ipv4/ip_forward", "1", in: host)
        // Some 60,000 connections would use up the ports otherwise, and every set-up falls to a crawl.
        try set("net/ipv4/ip_local_port_range", "1024 65535", in: client)
        try set("net/ipv4/tcp_tw_reuse", "1", in: client)
    }

    private func connect(_ namespace: String, by veth: String, address: String) throws {
        try ip(host, "link add \(veth) type veth peer name eth0 netns \(namespace)")
        try ip(host, "link set \(veth) master \(Self.bridge) up")
        try ip(namespace, "address add \(address)/24 dev eth0")
        try ip(namespace, "link set eth0 up")
        try ip(namespace, "route add default via \(Self.hostAddress)")
    }

    private func ip(_ namespace: String, _ arguments: String) throws {
        try Command.run(["ip", "-n", namespace] + arguments.split(separator: " ").map(String.init))
    }

    /// `name` with slashes.
    private func set(_ name: String, _ value: String, in namespace: String) throws {
        try Command.run(Self.inside(namespace, ["sh", "-c", "echo '\(value)' > /proc/sys/\(name)"]))
    }

    /// A command's words with those in front that make it run in a namespace.
    static func inside(_ namespace: String, _ command: [String]) -> [String] {
        ["nsenter", "--net=/run/netns/\(namespace)"] + command
    }

    func destroy() {
        for namespace in [client, server, host] {
            _ = try? Command.run(["ip", "netns", "delete", namespace])
            cleanup.remove(namespace: namespace)
        }
    }
}
