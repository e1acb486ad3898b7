import Foundation
import TestSupport
import Traffic
import Wire

/// Runs `ClientScript`s against a server's kernel, from an address that the client's own kernel does not know.
final class RawClient {
    private let socket: FrameSocket
    private var nextPort: UInt16 = 20_000
    private static let ipv4 = IPAddress(ipv4: 0xc612_c84d)
    private static let ipv6 = IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 0x77)

    init(_ topology: TestTopology) throws {
        let (client, server) = (try Self.hardwareAddress(topology.client), try Self.hardwareAddress(topology.server))
        for address in ["198.18.200.77", "fd00:198:18::77"] {
            try topology.run(
                in: topology.server, ["ip", "neigh", "replace", address, "lladdr", client.text, "dev", "eth0", "nud", "permanent"])
        }
        socket = try FrameSocket(interface: "eth0", in: topology.client, source: client.bytes, destination: server.bytes)
    }

    private static func hardwareAddress(_ namespace: String) throws -> (text: String, bytes: [UInt8]) {
        let words = try TestTopology.runCommand(["ip", "-n", namespace, "-o", "link", "show", "eth0"]).split(separator: " ")
        guard let place = words.firstIndex(of: "link/ether"), place + 1 < words.count else {
            throw Site.Failure(what: "eth0 has no hardware address")
        }
        return (String(words[place + 1]), words[place + 1].split(separator: ":").compactMap { UInt8($0, radix: 16) })
    }

    /// - Returns: the port that the client had.
    func run(_ script: ClientScript, port: UInt16) -> UInt16 {
        nextPort += 1
        let builder = PacketBuilder(
            source: script.isIPv6 ? Self.ipv6 : Self.ipv4, sourcePort: nextPort,
            destination: script.isIPv6 ? IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 3) : IPAddress(ipv4: 0xc612_c803),
            destinationPort: port)
        var client = ScriptedClient(builder, initialSequence: script.initialSequence)
        while socket.receive(milliseconds: 0) != nil {}
        for step in script.steps {
            switch step {
            case .segment(let segment):
                send(segment, &client)
                if segment.flags.contains(.syn), segment.offset == -1 { hear(&client, milliseconds: 500) { $0.isOpen } }
                hear(&client, milliseconds: 0) { _ in false }
            case .answer: hear(&client, milliseconds: 500) { !$0.received.isEmpty }
            case .reopen(let sequence): client.reopen(sequence: sequence)
            }
        }
        for _ in 0..<3 {
            hear(&client, milliseconds: 60) { $0.acknowledged >= script.stream.count }
            guard client.isOpen, client.acknowledged < script.stream.count else { break }
            let start = max(client.acknowledged, 0)
            for segment in ScriptedSegment.segments(Array(script.stream[start...]), at: start, size: 1400) { send(segment, &client) }
        }
        // The answers are told by the server's log.
        hear(&client, milliseconds: 60) { _ in false }
        send(ScriptedSegment(at: max(client.acknowledged, 0), flags: [.rst, .ack]), &client)
        return nextPort
    }

    private func send(_ segment: ScriptedSegment, _ client: inout ScriptedClient) {
        let milliseconds = UInt32(truncatingIfNeeded: Int64(Date().timeIntervalSince1970 * 1000))
        for packet in client.packets(segment, milliseconds: milliseconds) { socket.send(packet) }
    }

    /// Takes what the server says until `isEnough`, or until it says nothing for so long.
    private func hear(_ client: inout ScriptedClient, milliseconds: Int32, until isEnough: (ScriptedClient) -> Bool) {
        while !isEnough(client), let packet = socket.receive(milliseconds: milliseconds) {
            if client.receive(packet), client.isOpen { send(.acknowledge(at: max(client.acknowledged, 0)), &client) }
        }
    }
}
