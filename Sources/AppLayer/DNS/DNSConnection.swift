import Wire

/// DNS on one flow: datagrams, or length-prefixed messages on TCP (RFC 1035, section 4.2.2; RFC 7766).
final class DNSConnection: ProtocolParser {
    /// Messages of one packet that are kept until they have been inspected.
    private static let openLimit = 1024

    private var open: [DNSTransaction] = []
    private var nextID: UInt64 = 0
    /// A message that is still coming, with its length before it; by direction.
    private var held: ([UInt8], [UInt8]) = ([], [])
    /// Bytes are missing: where the next message begins is not known. By direction.
    private var hasLostTrack = (false, false)

    /// - Parameter isMulticast: mDNS (RFC 6762), where a response is no answer to one question.
    init(isMulticast: Bool = false) { super.init(appProtocol: isMulticast ? .mdns : .dns) }

    override var transactions: [Transaction] { open }
    override var transactionCount: UInt64 { nextID }
    override var heldBytes: Int { super.heldBytes + held.0.count + held.1.count }

    override func consumeDatagram(_ payload: Span<UInt8>, direction: Direction) {
        var bytes: [UInt8] = []
        bytes.append(copying: payload)
        take(bytes, direction)
        noteFrame(ofLength: bytes.count, endingBefore: 0, direction)
    }

    /// The last message, which lies before the direction's newest `rest` bytes.
    private func noteFrame(ofLength length: Int, endingBefore rest: Int, _ direction: Direction) {
        guard let frames else { return }
        let start = frames.position(direction) &- UInt64(rest + length)
        frames.add(.frameDNSPDU, direction, at: start, length: length, of: open.last)
    }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        switch direction {
        case .toServer: take(chunk, &held.0, &hasLostTrack.0, direction)
        case .toClient: take(chunk, &held.1, &hasLostTrack.1, direction)
        }
    }

    private func take(_ chunk: Span<UInt8>, _ held: inout [UInt8], _ hasLostTrack: inout Bool, _ direction: Direction) {
        held.append(copying: chunk)
        if hasLostTrack {
            // A segment after a gap often begins with a message.
            guard DNSProbe.stream(held, isServerPort: false) == .yes else {
                held = []
                return
            }
            hasLostTrack = false
        }
        var at = 0
        while held.count - at >= 2 {
            let length = Int(held[at]) << 8 | Int(held[at + 1])
            guard held.count - at - 2 >= length else { break }
            if length > 0 {
                take(Array(held[(at + 2)..<(at + 2 + length)]), direction)
                noteFrame(ofLength: length, endingBefore: held.count - (at + 2 + length), direction)
            }
            at += 2 + length
        }
        held.removeFirst(at)
        if let frames { frames.wait(at: frames.position(direction) &- UInt64(held.count), direction) }
    }

    private func take(_ bytes: [UInt8], _ direction: Direction) {
        var reader = DNSReader(bytes)
        let read = reader.message()
        let message = read ?? DNSMessage()
        var events = read == nil ? ["malformed_data"] : Self.events(reader.problems)
        if read != nil {
            if appProtocol == .dns, direction == .toServer, message.isResponse { events.append("not_request") }
            if appProtocol == .dns, direction == .toClient, !message.isResponse { events.append("not_response") }
            if message.isZSet { events.append("z_flag_set") }
            // RFC 8490 has the highest that is assigned, 6.
            if message.opcode >= 7 { events.append("invalid_opcode") }
        }
        if open.count >= Self.openLimit { open.removeFirst() }
        open.append(DNSTransaction(id: nextID, appProtocol: appProtocol, message: message, direction: direction, problems: events))
        nextID &+= 1
    }

    private static func events(_ problems: DNSReader.Problems) -> [StaticName] {
        let names: [(DNSReader.Problems, StaticName)] = [
            (.malformed, "malformed_data"), (.nameTooLong, "name_too_long"), (.infiniteLoop, "infinite_loop"),
            (.tooManyLabels, "too_many_labels"), (.invalidAuthorities, "invalid_authorities"),
            (.invalidAdditionals, "invalid_additionals"),
        ]
        return names.filter { problems.contains($0.0) }.map(\.1)
    }

    override func skipGap(length: UInt64, direction: Direction) {
        switch direction {
        case .toServer: (held.0, hasLostTrack.0) = ([], true)
        case .toClient: (held.1, hasLostTrack.1) = ([], true)
        }
    }

    override func finishInspection() { open.removeAll(keepingCapacity: true) }
}
