public import Wire

/// A whole TCP connection as its packets: handshake, data both ways, end. Each step keeps the
/// sequence numbers of both ends, so that steps can be mixed with packets made by hand.
public struct Conversation: Sendable {
    public let client: PacketBuilder
    public private(set) var packets: [[UInt8]] = []
    public private(set) var clientSequence: UInt32
    public private(set) var serverSequence: UInt32
    public let segmentSize: Int

    public init(client: PacketBuilder, clientSequence: UInt32 = 1000, serverSequence: UInt32 = 5000, segmentSize: Int = 1460) {
        self.client = client
        self.clientSequence = clientSequence
        self.serverSequence = serverSequence
        self.segmentSize = max(1, segmentSize)
    }

    public mutating func open() {
        packets.append(client.tcp(flags: .syn, sequence: clientSequence, options: [2, 4, 5, 180]))
        clientSequence &+= 1
        packets.append(
            client.reversed.tcp(
                flags: [.syn, .ack], sequence: serverSequence, acknowledgment: clientSequence, options: [2, 4, 5, 180]))
        serverSequence &+= 1
        packets.append(client.tcp(flags: .ack, sequence: clientSequence, acknowledgment: serverSequence))
    }

    /// Data from `sender` in segments, each acknowledged by the other end when `acknowledges`.
    public mutating func send(_ data: [UInt8], from sender: Direction, acknowledges: Bool = true) {
        for offset in stride(from: 0, to: data.count, by: segmentSize) {
            let part = Array(data[offset..<min(offset + segmentSize, data.count)])
            packets += segments(of: part, from: sender)
            if acknowledges { acknowledge(from: sender.reversed) }
        }
    }

    /// The data's segments without adding them to `packets`; the sequence number moves on.
    public mutating func segments(of data: [UInt8], from sender: Direction) -> [[UInt8]] {
        stride(from: 0, to: data.count, by: segmentSize).map { offset in
            let part = Array(data[offset..<min(offset + segmentSize, data.count)])
            let packet = segment(part, from: sender)
            advance(sender, by: part.count)
            return packet
        }
    }

    public mutating func append(_ packet: [UInt8]) { packets.append(packet) }

    public mutating func acknowledge(from sender: Direction) {
        packets.append(
            builder(sender).tcp(flags: .ack, sequence: next(sender), acknowledgment: next(sender.reversed)))
    }

    public mutating func close() {
        for sender in [Direction.toServer, .toClient] {
            packets.append(
                builder(sender).tcp(flags: [.fin, .ack], sequence: next(sender), acknowledgment: next(sender.reversed)))
            advance(sender, by: 1)
        }
        acknowledge(from: .toServer)
    }

    private func segment(_ payload: [UInt8], from sender: Direction) -> [UInt8] {
        builder(sender).tcp(
            flags: [.psh, .ack], sequence: next(sender), acknowledgment: next(sender.reversed), payload: payload)
    }

    private func builder(_ sender: Direction) -> PacketBuilder { sender == .toServer ? client : client.reversed }
    private func next(_ sender: Direction) -> UInt32 { sender == .toServer ? clientSequence : serverSequence }

    private mutating func advance(_ sender: Direction, by count: Int) {
        let count = UInt32(truncatingIfNeeded: count)
        if sender == .toServer { clientSequence &+= count } else { serverSequence &+= count }
    }
}
