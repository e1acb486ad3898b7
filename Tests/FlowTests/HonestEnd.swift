import Flow
import TestSupport
import Traffic
import Wire

/// One end of a short connection, as an honest TCP: sends what its turn allows, takes what is in order, keeps what is
/// not, acknowledges each segment, and sends the oldest one again when nothing moves.
final class HonestEnd {
    private let builder: PacketBuilder
    private let isClient: Bool
    private let initial: UInt32
    private let outgoing: [UInt8]
    private let incomingCount: Int
    private let closesFirst: Bool
    private let segmentBytes = 100

    /// Places in the own sequence space: 0 is the SYN's, 1 the first byte's.
    private var (unacknowledged, next) = (0, 0)
    private var peerInitial: UInt32?
    private var isEstablished = false
    private(set) var received: [UInt8] = []
    private(set) var hasReceivedFIN = false
    private var waiting: [Int: (bytes: [UInt8], hasFIN: Bool)] = [:]
    private var clock: UInt32
    private var peerClock: UInt32 = 0

    init(_ builder: PacketBuilder, isClient: Bool, initial: UInt32, outgoing: [UInt8], incomingCount: Int, closesFirst: Bool) {
        (self.builder, self.isClient, self.initial) = (builder, isClient, initial)
        (self.outgoing, self.incomingCount, self.closesFirst) = (outgoing, incomingCount, closesFirst)
        clock = initial
    }

    /// All that it had to say is acknowledged, its FIN too.
    var isDone: Bool { unacknowledged == outgoing.count + 2 }

    private var mayFinish: Bool { hasReceivedFIN || closesFirst && received.count == incomingCount && (isClient || next > outgoing.count) }

    /// What it sends without being asked.
    func send() -> [[UInt8]] {
        if isClient, next == 0 {
            next = 1
            return [segment(at: 0)]
        }
        guard isEstablished, isClient || received.count == incomingCount else { return [] }
        var packets: [[UInt8]] = []
        while next <= outgoing.count {
            packets.append(segment(at: next))
            next = min(next + segmentBytes, outgoing.count + 1)
        }
        if next == outgoing.count + 1, mayFinish {
            packets.append(segment(at: next))
            next += 1
        }
        return packets
    }

    /// The oldest segment that is not acknowledged, again.
    func sendAgain() -> [[UInt8]] { unacknowledged < next ? [segment(at: unacknowledged)] : [] }

    private func segment(at place: Int) -> [UInt8] {
        if place == 0 { return packet(isClient ? .syn : [.syn, .ack], at: 0) }
        if place > outgoing.count { return packet([.fin, .ack], at: place) }
        return packet([.psh, .ack], at: place, Array(outgoing[(place - 1)..<min(place - 1 + segmentBytes, outgoing.count)]))
    }

    private func packet(_ flags: TCPFlags, at place: Int, _ payload: [UInt8] = []) -> [UInt8] {
        clock &+= 1
        var options: [UInt8] = flags.contains(.syn) ? [2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 1] : [1, 1]
        options += [8, 10]
        for word in [clock, peerClock] {
            for shift in [24, 16, 8, 0] as [UInt32] { options.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        let taken = peerInitial.map { $0 &+ UInt32(received.count + 1 + (hasReceivedFIN ? 1 : 0)) } ?? 0
        return builder.tcp(
            flags: flags, sequence: initial &+ UInt32(place), acknowledgment: flags.contains(.ack) ? taken : 0,
            window: 502, options: options, payload: payload)
    }

    /// - Returns: what it answers at once.
    func take(_ bytes: [UInt8]) -> [[UInt8]] {
        let packet = DecodedPacket(raw: bytes)
        let tcp = packet.tcp
        if tcp.flags.contains(.syn) {
            if peerInitial == nil {
                peerInitial = tcp.sequence.rawValue
                peerClock = tcp.options.timestampValue ?? 0
            }
            guard isClient else {
                next = max(next, 1)
                return isEstablished ? [self.packet(.ack, at: next)] : [segment(at: 0)]
            }
            (isEstablished, unacknowledged) = (true, max(unacknowledged, 1))
            return [self.packet(.ack, at: next)]
        }
        guard let peerInitial else { return [] }
        let acknowledged = Int(Int32(bitPattern: tcp.acknowledgment.rawValue &- initial))
        if acknowledged > unacknowledged, acknowledged <= next {
            unacknowledged = acknowledged
            isEstablished = true
        }
        let hasFIN = tcp.flags.contains(.fin)
        guard packet.payloadLength > 0 || hasFIN else { return [] }
        peerClock = tcp.options.timestampValue ?? 0
        let place = Int(Int32(bitPattern: tcp.sequence.rawValue &- peerInitial)) - 1
        waiting[place] = (Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength]), hasFIN)
        while !hasReceivedFIN, let segment = waiting.removeValue(forKey: received.count) {
            received += segment.bytes
            hasReceivedFIN = segment.hasFIN
        }
        return [self.packet(.ack, at: next)]
    }
}
