import Traffic
import Wire

/// A way to send one request that means the same to its receiver.
public enum Evasion: String, CaseIterable, Sendable {
    case plain
    case oneByte = "one-byte"
    case sevenBytes = "seven-bytes"
    case reversed
    case swapped
    case duplicated
    case overlapping
    case garbageAfter = "garbage-after"
    case afterBenign = "after-benign"
    case ipv6
    case fragments

    static let clientPort: UInt16 = 40_000

    /// What the client sends before the request.
    var before: [UInt8] { self == .afterBenign ? Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8) : [] }

    /// The whole connection, client first; `hasIPv6` addresses are used for `ipv6`.
    func conversation(_ request: [UInt8], port: UInt16) -> [[UInt8]] {
        let isIPv6 = self == .ipv6
        let client = PacketBuilder(
            source: isIPv6 ? IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 2) : IPAddress(ipv4: 0xc612_0002),
            sourcePort: Self.clientPort,
            destination: isIPv6 ? IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 3) : IPAddress(ipv4: 0xc612_0003),
            destinationPort: port)
        var talk = Conversation(client: client, segmentSize: segmentSize)
        talk.open()
        if self == .afterBenign {
            talk.send(before, from: .toServer)
            talk.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8), from: .toClient)
        }
        let segments = talk.segments(of: request, from: .toServer)
        for packet in arranged(segments) { talk.append(packet) }
        talk.acknowledge(from: .toClient)
        talk.close()
        guard self == .fragments else { return talk.packets }
        return talk.packets.enumerated().flatMap { number, packet in
            // No two datagrams share an identification, so that their fragments do not mix.
            var sender = packet[15] == 2 ? client : client.reversed
            sender.identification = UInt16(truncatingIfNeeded: number + 1)
            return sender.fragments(of: packet, bytes: 64)
        }
    }

    private var segmentSize: Int {
        switch self {
        case .plain, .afterBenign, .ipv6, .fragments: 1400
        case .oneByte: 1
        case .sevenBytes: 7
        case .reversed, .swapped, .duplicated, .garbageAfter: 11
        case .overlapping: 16
        }
    }

    private func arranged(_ segments: [[UInt8]]) -> [[UInt8]] {
        switch self {
        case .reversed: return segments.reversed()
        case .swapped:
            var result = segments
            for index in stride(from: 0, to: segments.count - 1, by: 2) { result.swapAt(index, index + 1) }
            return result
        case .duplicated: return segments.flatMap { [$0, $0] }
        case .overlapping: return segments.enumerated().flatMap { $0.offset == 0 ? [$0.element] : [segments[$0.offset - 1], $0.element] }
        case .garbageAfter:
            // A second copy of each segment with other bytes: what the receiver has is what was inspected first.
            return segments.flatMap { [$0, Self.garbled($0)] }
        default: return segments
        }
    }

    /// The same TCP segment with every payload byte changed and a right checksum.
    private static func garbled(_ packet: [UInt8]) -> [UInt8] {
        let decoder = PacketDecoder()
        let decoded = decoder.decode(packet.span, link: .rawIP, checksums: .ignore)
        guard decoded.payloadLength > 0 else { return packet }
        var result = packet
        for index in decoded.payloadOffset..<decoded.payloadOffset + decoded.payloadLength { result[index] ^= 0x15 }
        result[decoded.transportOffset + 16] = 0
        result[decoded.transportOffset + 17] = 0
        let segment = Array(result[decoded.transportOffset...])
        let checksum = Checksum.transport(
            segment.span, source: decoded.source, destination: decoded.destination, ipProtocol: decoded.ipProtocol)
        result[decoded.transportOffset + 16] = UInt8(checksum >> 8)
        result[decoded.transportOffset + 17] = UInt8(checksum & 0xff)
        return result
    }
}
