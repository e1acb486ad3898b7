extension PacketDecoder {
    /// Types and codes by RFC 792, 950, 1256 and 1812.
    func noteICMPv4(_ message: Span<UInt8>, _ events: inout DecodeEventList) {
        let highestCode: UInt8
        switch message[0] {
        case 0, 4, 8, 13...18: highestCode = 0
        case 3: highestCode = 15
        case 5: highestCode = 3
        case 9, 10: return
        case 11: highestCode = 1
        case 12: highestCode = 2
        default: return events.note(.icmpv4UnknownType)
        }
        guard message[1] <= highestCode else { return events.note(.icmpv4UnknownCode) }
        switch message[0] {
        case 3, 4, 5, 11, 12:
            guard message.count > 8 else { return }
            guard message.count >= 8 &+ 20 else { return events.note(.icmpv4QuotedTruncated) }
            if message[8] >> 4 != 4 { events.note(.icmpv4QuotedWrongVersion) }
        default: break
        }
    }

    /// Types and codes by IANA's registry of ICMPv6 parameters.
    func noteICMPv6(_ message: Span<UInt8>, hopLimit: UInt8, _ events: inout DecodeEventList) {
        let highestCode: UInt8
        switch message[0] {
        case 1: highestCode = 6
        case 2, 128, 129, 133...137: highestCode = 0
        case 3: highestCode = 1
        case 4: highestCode = 2
        case 130...132, 143:
            if hopLimit != 1 { events.note(.icmpv6ListenerHopLimit) }
            highestCode = 0
        case 138...142, 144...159: return
        case 100, 101, 200, 201: return events.note(.icmpv6ExperimentalType)
        case 127, 255, 0: return events.note(.icmpv6UnknownType)
        default: return events.note(.icmpv6UnassignedType)
        }
        guard message[1] <= highestCode else { return events.note(.icmpv6UnknownCode) }
        guard message[0] <= 4 else { return }
        guard message.count >= 8 &+ 40 else { return events.note(.icmpv6QuotedTruncated) }
        if message[8] >> 4 != 6 { events.note(.icmpv6QuotedWrongVersion) }
    }
}
