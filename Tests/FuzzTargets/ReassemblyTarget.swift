import Flow
import TestSupport
import Wire

/// Scripts of segments: whatever their order and overlaps, what the receiver hands on was inspected.
extension FuzzTarget {
    /// A byte of settings, then steps of five bytes: kind, place (two bytes), length, and a variant of the bytes.
    static let reassembly = FuzzTarget("reassembly", maximumLength: 1024, seeds: Seeds.reassembly) { input in
        guard let settings = input.first else { return }
        let ends = SegmentScript(settings)
        var rest = input.dropFirst()
        while rest.count >= 5 {
            try ends.take(Array(rest.prefix(5)))
            rest = rest.dropFirst(5)
        }
        try ends.check()
    }
}

extension Seeds {
    @Sendable static func reassembly() -> [[UInt8]] {
        let inOrder: [UInt8] = [0, 0, 0, 10, 0, 0, 0, 10, 10, 0, 3, 0, 0, 0, 0]
        let crossed: [UInt8] = [0, 0, 20, 10, 0, 0, 0, 10, 10, 1, 0, 0, 0, 10, 2, 3, 0, 0, 0, 0, 0, 0, 5, 30, 3]
        let ended: [UInt8] = [0, 0, 0, 10, 0, 1, 0, 10, 4, 0, 3, 0, 0, 0, 0, 0, 0, 20, 9, 0]
        let wild: [UInt8] = [5, 0, 0, 3, 2, 6, 0, 3, 4, 1, 4, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 200, 0, 8, 0, 0, 0, 0]
        return [0, 1, 2, 4, 8, 16, 32, 64, 128].flatMap { (settings: UInt8) in
            [inOrder, crossed, ended, wild, crossed + ended].map { [settings] + $0 }
        }
    }
}

/// A sender that may do anything, the engine, and a receiver that keeps the first byte it gets for each place.
final class SegmentScript {
    private let session: TCPSession
    private let memory: StreamMemory
    private var inspected: [UInt8] = []
    private var received: [Int: UInt8] = [:]
    /// Where the receiver's stream ends, once a FIN has come.
    private var end: Int?
    /// The receiver did what only a broken one does: nothing is promised any more.
    private var isLost = false
    private let base: UInt32
    private let serverBase: UInt32 = 5001
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    init(_ settings: UInt8) {
        var configuration = TCPConfiguration()
        configuration.overlapPolicy = settings & 1 == 0 ? .rewrite : .drop
        configuration.urgentPolicy = settings & 2 == 0 ? .inline : .drop
        base = settings & 4 == 0 ? 1000 : .max - 50
        if settings & 8 != 0 {
            configuration.outOfOrderBytesLimit = 256
            configuration.outOfOrderRangesLimit = 4
            configuration.retainedBytesLimit = 512
        }
        configuration.acceptsMidstream = settings & 16 == 0
        if settings & 32 != 0 { configuration.reassemblyMemcapBytes = 8192 }
        memory = StreamMemory(configuration: configuration)
        session = TCPSession(memory: memory)
        var conversation = Conversation(client: .web, clientSequence: base &- 1)
        conversation.open()
        guard settings & 64 == 0 else {
            // Without its beginning the stream begins with whatever came first.
            isLost = true
            return
        }
        for (index, packet) in conversation.packets.enumerated() { _ = receive(packet, index == 1 ? .toClient : .toServer) }
    }

    func take(_ step: [UInt8]) throws {
        time = time.advanced(byNanoseconds: 1_000_000)
        let place = Int(Int16(truncatingIfNeeded: Int(step[1]) << 8 | Int(step[2])))
        let sequence = base &+ UInt32(truncatingIfNeeded: place)
        let bytes = (0..<Int(step[3])).map { UInt8(truncatingIfNeeded: (place + $0) &* 7) ^ step[4] }
        switch step[0] % 10 {
        case 0: send(TCPFlags([.psh, .ack]), sequence, bytes)
        case 1: send(TCPFlags([.fin, .ack]), sequence, bytes)
        case 2: send(TCPFlags([.ack, .urg]), sequence, bytes, urgent: UInt16(step[4] & 15))
        case 3: acknowledge(stream.count)
        case 4: acknowledge(min(stream.count, max(0, place)))
        case 5:
            // An acknowledgment of what may never have come.
            if place > stream.count { isLost = true }
            acknowledge(place)
        case 6:
            send(TCPFlags(rawValue: step[4]), sequence, bytes)
            isLost = true
        case 7:
            isLost = true
            _ = receive(PacketBuilder.web.reversed.tcp(flags: TCPFlags(rawValue: step[4]), sequence: serverBase, acknowledgment: sequence), .toClient)
        case 8: time = time.advanced(byNanoseconds: Int64(step[3]) * 1_000_000_000)
        default:
            isLost = true
            let options: [UInt8] = [8, 10, step[1], step[2], step[3], step[4], 0, 0, 0, 0, 1, 1]
            _ = receive(PacketBuilder.web.tcp(flags: .ack, sequence: base, acknowledgment: serverBase, options: options, payload: bytes), .toServer)
        }
        try promise(memory.bytesInUse <= memory.configuration.reassemblyMemcapBytes, "\(memory.bytesInUse) bytes are held")
    }

    private func send(_ flags: TCPFlags, _ sequence: UInt32, _ bytes: [UInt8], urgent: UInt16 = 0) {
        let packet = PacketBuilder.web.tcp(flags: flags, sequence: sequence, acknowledgment: serverBase, urgentPointer: urgent, payload: bytes)
        guard let sent = receive(packet, .toServer) else { return }
        let start = Int(SequenceNumber(sequence).distance(from: SequenceNumber(base)))
        for (index, byte) in sent.enumerated() where received[start + index] == nil { received[start + index] = byte }
        if flags.contains(.fin), end == nil { end = start + sent.count }
    }

    private func acknowledge(_ count: Int) {
        let finAcknowledged = end == count ? 1 : 0
        let number = base &+ UInt32(truncatingIfNeeded: count + finAcknowledged)
        _ = receive(PacketBuilder.web.reversed.tcp(flags: .ack, sequence: serverBase, acknowledgment: number), .toClient)
    }

    /// What the receiver gets; nil when nothing.
    private func receive(_ bytes: [UInt8], _ direction: Direction) -> [UInt8]? {
        let packet = DecodedPacket(raw: bytes)
        guard packet.invalid == nil else { return nil }
        let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
        let outcome = session.receive(packet, payload: payload.span, direction: direction, now: time)
        var sent = payload
        switch outcome.disposition {
        case .drop: return nil
        case .rewrite: sent = session.rewrittenPayload
        case .forward: break
        }
        if direction == .toServer, !outcome.inOrder.isEmpty { inspected += sent[outcome.inOrder] }
        while let chunk = session.nextBuffered(direction) {
            if direction == .toServer { inspected += chunk.bytes }
        }
        return sent
    }

    private var stream: [UInt8] {
        var result: [UInt8] = []
        while result.count != end, let byte = received[result.count] { result.append(byte) }
        return result
    }

    func check() throws {
        guard !isLost else { return }
        let stream = stream
        try promise(
            inspected.starts(with: stream),
            "the receiver has \(SessionWitness.shown(stream)), inspected was \(SessionWitness.shown(inspected))")
    }
}
