import Events
import Flow
import Wire

/// Records of TCP segments, where the operator wants them.
extension Pipeline {
    func recordSegment(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: Judgement
    ) {
        guard let segment = judgement.segment, let state = judgement.state, let session = state.tcp else { return }
        let wanted = configuration.records.segments
        let isChange = segment.before != session.state
        guard
            wanted.contains(.all) || wanted.contains(.withEvents) && !segment.events.isEmpty
                || wanted.contains(.stateUpdates) && isChange
        else { return }
        var record = StreamRecord()
        record.packet = PacketHeaderRecord(packet)
        record.direction = judgement.direction.eveName
        record.state = session.state.eveName
        record.previousState = isChange ? segment.before.eveName : nil
        record.isMidstream = session.isMidstream
        record.client = session.numbers(.toServer).map { StreamRecord.End($0) }
        record.server = session.numbers(.toClient).map { StreamRecord.End($0) }
        record.events = segment.events.names.map { "stream.\($0)" }
        record.reason = judgement.drop?.name
        events.append(Event(header: segmentHeader(packet, frame, metadata, judgement), body: .stream(record)))
    }

    /// Counts and records what the session found.
    func noteAnomalies(
        _ found: StreamEventSet, _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata,
        _ judgement: Judgement
    ) {
        counters.note(found)
        guard configuration.recordsTraffic, configuration.records.anomalies.contains(.stream) else { return }
        let header = segmentHeader(packet, frame, metadata, judgement)
        for name in found.names {
            events.append(Event(header: header, body: .anomaly(AnomalyRecord(kind: .stream, event: "stream.\(name)"))))
        }
    }

    private func segmentHeader(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: Judgement
    ) -> EventHeader {
        var header = header(packet, frame, metadata)
        header.flowID = judgement.flow.map { flows[$0].id }
        header.packetSource = packetSource(packet, judgement)
        return header
    }
}

extension StreamRecord.End {
    fileprivate init(_ numbers: TCPSession.Numbers) {
        self.init(
            initialSequence: numbers.initial.rawValue, nextSequence: numbers.next.rawValue,
            lastAcknowledgment: numbers.acknowledged.rawValue)
    }
}

extension PacketHeaderRecord {
    init(_ packet: DecodedPacket) {
        self.init()
        length = packet.ipLength
        typeOfService = packet.tos
        timeToLive = packet.ttl
        ipID = packet.ipID
        isIPv6 = packet.addressFamily == .ipv6
        flowLabel = packet.flowLabel
        switch packet.transport {
        case .tcp:
            var tcp = TCP()
            tcp.sequence = packet.tcp.sequence.rawValue
            tcp.acknowledgment = packet.tcp.acknowledgment.rawValue
            tcp.window = packet.tcp.window
            tcp.urgentPointer = packet.tcp.urgentPointer
            tcp.flags = packet.tcp.flags.rawValue
            self.tcp = tcp
        case .udp: udpLength = packet.payloadLength + 8
        case .icmp, .icmpv6: icmp = (packet.icmpID, packet.icmpSequence)
        case .sctp, .other: break
        }
    }
}
