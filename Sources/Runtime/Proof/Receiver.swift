import Flow
import Wire

/// The server of a proof: puts together what the engine lets through, as a TCP stack that keeps the
/// first bytes it gets for each place.
struct Receiver {
    private var fragments = FragmentReassembler(configuration: FragmentConfiguration())
    private var base: SequenceNumber?
    private var bytes: [Int: UInt8] = [:]
    private let decoder = PacketDecoder()

    /// The client's stream as far as it has no gap.
    var stream: [UInt8] {
        var result: [UInt8] = []
        while let byte = bytes[result.count] { result.append(byte) }
        return result
    }

    mutating func receive(_ packet: [UInt8], now: Timestamp) {
        let decoded = decoder.decode(packet.span, link: .rawIP, checksums: .verify)
        guard decoded.invalid == nil else { return }
        if decoded.isFragment {
            guard case .complete(let whole) = fragments.add(decoded, frame: packet.span, now: now) else { return }
            return receive(whole, now: now)
        }
        guard decoded.transport == .tcp, decoded.checksum == .valid else { return }
        if decoded.tcp.flags.contains(.syn) {
            if !decoded.tcp.flags.contains(.ack) { base = decoded.tcp.sequence.advanced(by: 1) }
            return
        }
        guard let base, decoded.sourcePort == Evasion.clientPort, decoded.payloadLength > 0 else { return }
        let start = Int(decoded.tcp.sequence.distance(from: base))
        for index in 0..<decoded.payloadLength where bytes[start + index] == nil {
            bytes[start + index] = packet[decoded.payloadOffset + index]
        }
    }
}
