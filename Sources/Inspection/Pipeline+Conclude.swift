import AppLayer
import Detection
import Events
import Flow
import RuleLanguage
import Wire

/// From a judgement to the verdict and its records.
extension Pipeline {
    func conclude(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: Judgement
    ) -> Verdict {
        let verdict = verdict(packet, frame, judgement)
        reportLimits(packet, frame, metadata, judgement)
        reportNotices(now: metadata.time)
        // Records are of the datagram, not of the fragment that made it whole.
        write(verdict, judgement.isReassembled ? reassembled ?? packet : packet, frame, metadata, judgement)
        recordSegment(packet, frame, metadata, judgement)
        if judgement.isTagged, judgement.alerts.isEmpty {
            var header = header(packet, frame, metadata)
            header.flowID = judgement.flow.map { flows[$0].id }
            if let state = judgement.state { nameContainers(state, metadata, judgement.direction, &header) }
            var record = PayloadRecord()
            record.packet = copy(frame, 0..<frame.count)
            record.linkType = linkNumber(of: packet, metadata)
            events.append(Event(header: header, body: .packet(record)))
        }
        remember(verdict, packet, metadata, judgement)
        return verdict
    }

    private func verdict(_ packet: DecodedPacket, _ frame: Span<UInt8>, _ judgement: Judgement) -> Verdict {
        if packet.carrier != nil { return innerVerdict(judgement) }
        guard configuration.mode == .prevent, let reason = judgement.drop else {
            counters.accepted &+= 1
            if judgement.isRewritten, configuration.mode == .prevent {
                counters.replaced &+= 1
                return .rewrite
            }
            return judgement.wantsBypass ? .bypass : .accept
        }
        counters.dropReasons[Int(reason.rawValue)] &+= 1
        guard let target = judgement.reject else {
            counters.blocked &+= 1
            return .drop
        }
        counters.rejected &+= 1
        injections += ResetBuilder.answers(to: packet, frame: frame, target: target)
        return .reject
    }

    /// A packet in a tunnel leaves with the one around it: the frame is what is counted, and an answer of
    /// its own would travel outside the tunnel.
    private func innerVerdict(_ judgement: Judgement) -> Verdict {
        guard configuration.mode == .prevent else { return .accept }
        if judgement.drop != nil { return .drop }
        return judgement.isRewritten ? .rewrite : .accept
    }

    private func write(
        _ verdict: Verdict, _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata,
        _ judgement: Judgement
    ) {
        let isDropped = verdict == .drop || verdict == .reject
        guard isDropped || !judgement.alerts.isEmpty else { return }
        var header = header(packet, frame, metadata)
        header.flowID = judgement.flow.map { flows[$0].id }
        header.packetSource = packetSource(packet, judgement)
        if let state = judgement.state {
            describe(state, &header)
            nameContainers(state, metadata, judgement.direction, &header)
        }
        if !judgement.alerts.isEmpty { header.packetVariables = detector.packetVariables }
        let record = verdictRecord(verdict, packet, judgement)
        let appProtocol = judgement.state?.app.flatMap { $0.appProtocol == .unknown ? nil : $0.appProtocol.name }
        let tunnel = tunnelRecord(around: packet)
        for (var alert, transactionID) in judgement.alerts {
            alert.verdict = record
            alert.tunnel = tunnel
            alert.payload.linkType = linkNumber(of: packet, metadata)
            var header = header
            header.transactionID = transactionID
            put(alert.forwardedFor, &header, judgement.direction)
            events.append(Event(header: header, body: .alert(alert, appProtocol: appProtocol)))
        }
        put(judgement.droppingAlert?.forwardedFor, &header, judgement.direction)
        guard isDropped, let reason = judgement.drop else { return }
        guard configuration.records.drops == .all || isDropStart(judgement) else { return }
        events.append(
            Event(header: header, body: .drop(dropRecord(packet, reason, record, judgement))))
    }

    func put(_ address: IPAddress?, _ header: inout EventHeader, _ direction: Direction) {
        guard let address, let mode = configuration.forwardedFor?.mode else { return }
        header.put(address, mode, direction)
    }

    private func verdictRecord(_ verdict: Verdict, _ packet: DecodedPacket, _ judgement: Judgement) -> VerdictRecord {
        var record = VerdictRecord()
        switch verdict {
        case .drop, .reject: record.action = .drop
        case .accept, .rewrite, .bypass: record.action = judgement.isPassed ? .pass : .alert
        }
        if verdict == .reject, let target = judgement.reject {
            record.rejectTarget =
                switch (target, judgement.direction) {
                case (.both, _): "both"
                case (.source, .toServer), (.destination, .toClient): "to_client"
                case (.source, .toClient), (.destination, .toServer): "to_server"
                }
            record.rejects = [packet.transport == .tcp ? "tcp-reset" : "icmp-prohib"]
        }
        return record
    }

    /// EVE `pkt_src`.
    func packetSource(_ packet: DecodedPacket, _ judgement: Judgement) -> String {
        if judgement.isFlowEnd { return Self.flowEndSource }
        return judgement.isReassembled ? "defrag" : packet.carrier?.rawValue ?? "wire/pcap"
    }

    /// The outermost packet around one in a tunnel.
    private func tunnelRecord(around packet: DecodedPacket) -> TunnelRecord? {
        guard packet.carrier != nil, let (root, source) = tunnelRoot else { return nil }
        return TunnelRecord(
            source: root.source, sourcePort: root.sourcePort, destination: root.destination,
            destinationPort: root.destinationPort, ipProtocol: root.ipProtocol, depth: packet.tunnelDepth,
            packetSource: source)
    }

    /// LINKTYPE_ number of the packet in an event; one in a tunnel has none and counts as raw IP.
    func linkNumber(of packet: DecodedPacket, _ metadata: PacketMetadata) -> UInt32 {
        packet.carrier == nil ? metadata.linkNumber : LinkType.rawIP.number
    }

    func header(_ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata) -> EventHeader {
        var header = EventHeader()
        header.compressesIPv6 = configuration.compressesIPv6
        header.time = metadata.time
        header.inputInterfaceIndex = metadata.inputInterface
        header.captureNumber = metadata.captureNumber > 0 ? metadata.captureNumber : nil
        header.vlanIDs = packet.vlans.ids
        if packet.link == .ethernet, frame.count >= 14 {
            header.ethernet = (
                source: UInt64(frame.uint32(at: 6)) << 16 | UInt64(frame.uint16(at: 10)),
                destination: frame.uint64(at: 0) >> 16)
        }
        guard packet.addressFamily != nil else { return header }
        header.source = packet.source
        header.destination = packet.destination
        nameContainers(packet, metadata, &header)
        header.ipProtocol = packet.ipProtocol
        switch packet.transport {
        case .tcp, .udp, .sctp:
            header.sourcePort = packet.sourcePort
            header.destinationPort = packet.destinationPort
        case .icmp, .icmpv6:
            header.icmpType = packet.icmpType
            header.icmpCode = packet.icmpCode
        case .other: break
        }
        return header
    }

    /// Of `RecordSettings.Drops.start`.
    private func isDropStart(_ judgement: Judgement) -> Bool {
        guard let state = judgement.state else { return true }
        guard state.block != nil else { return judgement.isDroppedByRule }
        switch judgement.direction {
        case .toServer:
            defer { state.recordedDrops.0 = true }
            return judgement.isDroppedByRule || !state.recordedDrops.0
        case .toClient:
            defer { state.recordedDrops.1 = true }
            return judgement.isDroppedByRule || !state.recordedDrops.1
        }
    }

    private func dropRecord(
        _ packet: DecodedPacket, _ reason: DropReason, _ verdict: VerdictRecord, _ judgement: Judgement
    ) -> DropRecord {
        var drop = DropRecord()
        drop.packet = PacketHeaderRecord(packet)
        drop.reason = reason.name
        drop.verdict = verdict
        drop.alert = judgement.droppingAlert
        drop.direction = judgement.flow == nil ? nil : judgement.direction.eveName
        return drop
    }

    /// Keeps what `ipsctl explain` shows; a flow's later drops are the first one's consequence and say nothing new.
    private func remember(
        _ verdict: Verdict, _ packet: DecodedPacket, _ metadata: PacketMetadata, _ judgement: Judgement
    ) {
        guard judgement.drop != .flowDrop, judgement.drop != nil || !judgement.alerts.isEmpty || judgement.isRewritten else {
            return
        }
        let alert = judgement.droppingAlert ?? judgement.alerts.first?.record
        var ends = EventHeader()
        nameContainers(packet, metadata, &ends)
        if let state = judgement.state { nameContainers(state, metadata, judgement.direction, &ends) }
        var decision = Decision(
            time: metadata.time, flowID: judgement.flow.map { flows[$0].id } ?? 0, source: packet.source,
            sourcePort: packet.sourcePort, destination: packet.destination,
            destinationPort: packet.destinationPort, ipProtocol: packet.ipProtocol, verdict: verdict,
            reason: judgement.drop, sid: alert?.signatureID, message: alert?.signature ?? "",
            buffer: alert?.match?.buffer ?? "", matchOffset: alert?.match?.offset ?? 0,
            matchLength: alert?.match?.length ?? 0, context: alert?.match?.context ?? [],
            contextOffset: alert?.match?.contextOffset ?? 0)
        decision.sourceContainer = ContainerNumber(rawValue: ends.sourceContainer)
        decision.destinationContainer = ContainerNumber(rawValue: ends.destinationContainer)
        decision.direction = judgement.flow == nil ? nil : judgement.direction
        if let alert {
            (decision.gid, decision.rev, decision.place) = (alert.gid, alert.rev, alert.place)
            (decision.patch, decision.match, decision.url) = (alert.patch, alert.match, alert.http?.url)
            decision.patchTitle = alert.patch?.number.flatMap { scopes.patch($0)?.title }
        }
        decisionRing.append(decision)
    }

    /// The frame with another payload of the same length and the checksum that goes with it.
    func rewrite(_ packet: DecodedPacket, _ frame: Span<UInt8>, payload: [UInt8]) {
        rewrittenPacket = copy(frame, 0..<frame.count)
        let range = packet.payloadOffset..<packet.payloadOffset + min(payload.count, packet.payloadLength)
        rewrittenPacket.replaceSubrange(range, with: payload.prefix(range.count))
        setChecksum(packet)
    }

    /// The frame without the mark of urgent data.
    func clearUrgent(_ packet: DecodedPacket, _ frame: Span<UInt8>) {
        let header = packet.transportOffset
        guard header + 20 <= frame.count else { return }
        rewrittenPacket = copy(frame, 0..<frame.count)
        rewrittenPacket[header + 13] &= ~TCPFlags.urg.rawValue
        rewrittenPacket[header + 18] = 0
        rewrittenPacket[header + 19] = 0
        setChecksum(packet)
    }

    /// Puts what rules want in place of bytes of the payload into the packet that leaves. Lengths and checksums around
    /// a tunnel's packet are not ours, and a datagram that came in fragments has left already.
    func replace(_ replacements: [Replacement], _ packet: DecodedPacket, _ frame: Span<UInt8>, _ judgement: inout Judgement) {
        guard configuration.mode == .prevent, packet.carrier == nil, !judgement.isReassembled, !judgement.isFlowEnd else { return }
        if !judgement.isRewritten { rewrittenPacket = copy(frame, 0..<frame.count) }
        for replacement in replacements {
            let start = packet.payloadOffset + replacement.offset
            guard replacement.offset >= 0, start + replacement.bytes.count <= packet.payloadOffset + packet.payloadLength else { continue }
            rewrittenPacket.replaceSubrange(start..<start + replacement.bytes.count, with: replacement.bytes)
        }
        judgement.isRewritten = true
        setChecksum(packet)
    }

    /// The transport checksum of `rewrittenPacket`, where the protocol has one and the sender has set it.
    private func setChecksum(_ packet: DecodedPacket) {
        if packet.transport == .sctp { return setSCTPChecksum(packet) }
        let place: Int? =
            switch packet.transport {
            case .tcp: 16
            case .udp: 6
            case .icmp, .icmpv6: 2
            case .sctp, .other: nil
            }
        let end = packet.ipOffset + packet.ipLength
        guard let place, packet.transportOffset + place + 2 <= end, end <= rewrittenPacket.count else { return }
        let offset = packet.transportOffset + place
        // RFC 768: none of the sender's. It stays so.
        if packet.transport == .udp, packet.addressFamily == .ipv4, rewrittenPacket[offset] == 0, rewrittenPacket[offset + 1] == 0 { return }
        rewrittenPacket[offset] = 0
        rewrittenPacket[offset + 1] = 0
        let segment = Array(rewrittenPacket[packet.transportOffset..<end])
        var checksum =
            packet.transport == .icmp
            ? Checksum.of(segment.span)
            : Checksum.transport(
                segment.span, source: packet.source, destination: packet.destination, ipProtocol: packet.ipProtocol)
        if packet.transport == .udp, checksum == 0 { checksum = 0xffff }
        rewrittenPacket[offset] = UInt8(checksum >> 8)
        rewrittenPacket[offset + 1] = UInt8(checksum & 0xff)
    }

    /// RFC 9260, section 6.8.
    private func setSCTPChecksum(_ packet: DecodedPacket) {
        let (offset, end) = (packet.transportOffset + 8, packet.ipOffset + packet.ipLength)
        guard offset + 4 <= end, end <= rewrittenPacket.count else { return }
        let field = offset..<offset + 4
        // RFC 9653: the ends agreed to do without.
        if rewrittenPacket[field].allSatisfy({ $0 == 0 }) { return }
        rewrittenPacket.replaceSubrange(field, with: [0, 0, 0, 0])
        let checksum = Checksum.crc32c(rewrittenPacket[packet.transportOffset..<end].span)
        rewrittenPacket.replaceSubrange(field, with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) })
    }
}
