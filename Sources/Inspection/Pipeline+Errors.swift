import Detection
import Flow
import Wire

/// ICMP errors: they start no flow, and "destination unreachable" belongs to the flow that it is about, as in Suricata.
extension Pipeline {
    static func isError(_ packet: DecodedPacket) -> Bool {
        guard packet.transport == .icmp else { return false }
        switch packet.icmpType {
        // Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792).
        case 3, 4, 5, 11, 12: return true
        default: return false
        }
    }

    /// The flow's block holds for its errors too. What a rule does reaches the error alone: who can send one must not
    /// end the flow by it.
    func judgeError(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        var facts = factsOutsideFlows(packet, metadata)
        // Rules on addresses are judged for each.
        facts.isFirstInDirection = true
        if let (index, direction) = flow(ofError: packet, frame, now: metadata.time) {
            let record = flows[index]
            judgement.flow = index
            judgement.direction = direction
            if let state = states[Int(index.rawValue)] {
                if let block = state.block { return judgement.drop(block) }
                facts.scopeRow = scopeRow(of: state)
                if state.isPassed {
                    judgement.isPassed = true
                    return
                }
            }
            facts.hasFlow = true
            facts.flowID = record.id
            facts.direction = direction
            facts.isEstablished = record.state == .established
            facts.packets = record.packets
            facts.bytes = record.bytes
        }
        applyRules(packet, frame, facts, &judgement)
    }

    private func flow(
        ofError packet: DecodedPacket, _ frame: Span<UInt8>, now: Timestamp
    ) -> (FlowIndex, Direction)? {
        guard packet.icmpType == 3, packet.payloadOffset <= frame.count else { return nil }
        let quoted = frame.extracting(packet.payloadOffset..<packet.payloadOffset + packet.payloadLength)
        guard let header = QuotedHeader(ipv4: quoted) else { return nil }
        return flows.flow(quoted: header, place: packet.flowPlace, bytes: frame.count, now: now)
    }
}
