public import Foundation
import Glibc

// Swift's Glibc module is built without _GNU_SOURCE, which hides setns(2) and unshare(2).
@_silgen_name("setns")
private func enterNamespace(_ descriptor: Int32, _ kind: Int32) -> Int32
@_silgen_name("unshare")
private func leaveNamespaces(_ kinds: Int32) -> Int32

/// A host with a bridge and two containers' worth of network namespaces, with no link to this
/// machine's own network:
///
///     client ── veth ──┐
///                      br0 (host, routes and bridges through netfilter)
///     server ── veth ──┘
///
/// The namespaces have names of their own for each instance, so tests may run side by side with
/// the same addresses. `destroy()` (or deinit) removes them and everything in them.
public final class TestTopology: Sendable {
    public static let hostIPv4 = "198.18.200.1"
    public static let clientIPv4 = "198.18.200.2"
    public static let serverIPv4 = "198.18.200.3"
    public static let hostIPv6 = "fd00:198:18::1"
    public static let clientIPv6 = "fd00:198:18::2"
    public static let serverIPv6 = "fd00:198:18::3"
    public static let bridge = "br0"
    public static let clientVeth = "vclient"
    public static let serverVeth = "vserver"

    public let host: String
    public let client: String
    public let server: String

    /// Root, and allowed to make network namespaces; false makes the tests that need it skip.
    public static let isSupported: Bool = {
        guard geteuid() == 0 else { return false }
        let name = "rp-probe-\(getpid())"
        guard (try? runCommand(["ip", "netns", "add", name])) != nil else { return false }
        return (try? runCommand(["ip", "netns", "del", name])) != nil
    }()

    /// What to say when tests are skipped.
    public static let requirement: String = "needs root and network namespaces"

    public init() throws {
        let unique = "rp-\(getpid())-\(UInt32.random(in: 0...0xFFFFF))"
        host = unique + "-h"
        client = unique + "-c"
        server = unique + "-s"
        do {
            try build()
        } catch {
            destroy()
            throw error
        }
    }

    deinit { destroy() }

    private func build() throws {
        for namespace in [host, client, server] {
            try Self.runCommand(["ip", "netns", "add", namespace])
            try Self.runCommand(["ip", "-n", namespace, "link", "set", "lo", "up"])
        }
        let bridge = Self.bridge
        try ip(host, "link add \(bridge) type bridge")
        try ip(host, "link set \(bridge) up")
        try ip(host, "addr add \(Self.hostIPv4)/24 dev \(bridge)")
        try ip(host, "-6 addr add \(Self.hostIPv6)/64 dev \(bridge) nodad")
        for (namespace, veth, ipv4, ipv6) in [
            (client, Self.clientVeth, Self.clientIPv4, Self.clientIPv6),
            (server, Self.serverVeth, Self.serverIPv4, Self.serverIPv6),
        ] {
            try ip(host, "link add \(veth) type veth peer name eth0 netns \(namespace)")
            try ip(host, "link set \(veth) master \(bridge) up")
            try ip(namespace, "addr add \(ipv4)/24 dev eth0")
            try ip(namespace, "-6 addr add \(ipv6)/64 dev eth0 nodad")
            try ip(namespace, "link set eth0 up")
            try ip(namespace, "route add default via \(Self.hostIPv4)")
        }
        try setSysctl("net/ipv4/ip_forward", "1", in: host)
        try setSysctl("net/ipv4/ip_local_port_range", "1024 65535", in: client)
        try setSysctl("net/ipv4/tcp_tw_reuse", "1", in: client)
        try setBridgeNetfilter(true)
    }

    public func setBridgeNetfilter(_ on: Bool) throws {
        for name in ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables"] {
            try setSysctl("net/bridge/\(name)", on ? "1" : "0", in: host)
        }
    }

    /// `name` with slashes.
    public func setSysctl(_ name: String, _ value: String, in namespace: String) throws {
        try run(in: namespace, ["sh", "-c", "echo '\(value)' > /proc/sys/\(name)"])
    }

    private func ip(_ namespace: String, _ arguments: String) throws {
        try Self.runCommand(["ip", "-n", namespace] + arguments.split(separator: " ").map(String.init))
    }

    /// Removes the namespaces; what runs in them loses its network. May be called again.
    public func destroy() {
        for namespace in [client, server, host] {
            _ = try? Self.runCommand(["ip", "netns", "del", namespace])
        }
    }

    /// Runs a command in a namespace and returns its standard output.
    @discardableResult
    public func run(in namespace: String, _ command: [String], input: String? = nil) throws -> String {
        try Self.runCommand(Self.prefix(namespace) + command, input: input)
    }

    /// The words in front of a command that make it run in a namespace, /sys and all cgroups as
    /// they are.
    public static func prefix(_ namespace: String) -> [String] { ["nsenter", "--net=/run/netns/\(namespace)"] }

    /// Runs `body` with this thread in a namespace. Sockets that it makes stay there.
    public static func inNamespace<Result: ~Copyable>(_ namespace: String, _ body: () throws -> Result) throws -> Result {
        let target = unsafe open("/run/netns/\(namespace)", O_RDONLY | O_CLOEXEC)
        defer { close(target) }
        return try elsewhere("setns \(namespace)", enter: { target < 0 ? -1 : enterNamespace(target, networkKind) }, body)
    }

    /// Runs `body` with this thread in a new namespace without any interface that is up. It ends with what is open in it.
    public static func inNewNamespace<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
        try elsewhere("unshare", enter: { leaveNamespaces(networkKind) }, body)
    }

    /// CLONE_NEWNET.
    private static let networkKind: Int32 = 0x4000_0000

    private static func elsewhere<Result: ~Copyable>(
        _ what: String, enter: () -> Int32, _ body: () throws -> Result
    ) throws -> Result {
        let original = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        defer { close(original) }
        guard original >= 0, enter() == 0 else { throw CommandFailure(command: what, status: errno, standardError: "") }
        // A thread left in the wrong namespace would break every later test.
        defer { precondition(enterNamespace(original, networkKind) == 0, "cannot return to the namespace") }
        return try body()
    }

    public struct CommandFailure: Error, CustomStringConvertible {
        public var command: String
        public var status: Int32
        public var standardError: String
        public var description: String { "\(command): status \(status): \(standardError)" }
    }

    @discardableResult
    public static func runCommand(_ command: [String], input: String? = nil) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try process.run()
            pipe.fileHandleForWriting.write(Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        } else {
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }
        // Messages are short: standard error cannot fill its pipe while standard output is read.
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure(
                command: command.joined(separator: " "), status: process.terminationStatus, standardError: complaint)
        }
        return text
    }

    /// Starts a command in a namespace; what it says goes to `output`, a file that exists.
    public static func launch(in namespace: String, _ command: [String], output: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = prefix(namespace) + command
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }
}
