import AppLayer
import Detection
import Flow
import Wire

/// The steps from a decoded packet to the rules.
extension Pipeline {
    func judge(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        if packet.invalid != nil {
            applyRulesOutsideFlows(packet, frame, metadata, &judgement)
            if isFatal(packet) { judgement.drop(.decodeError) }
            return
        }
        guard packet.addressFamily != nil else {
            if !packet.events.isEmpty { applyRulesOutsideFlows(packet, frame, metadata, &judgement) }
            return
        }
        if packet.isFragment {
            judgeFragment(packet, frame, metadata, &judgement)
        } else {
            if !packet.events.isEmpty { noteAnomalies(packet, frame, metadata) }
            judgeDatagram(packet, frame, metadata, &judgement)
            judgeTunnel(packet, frame, metadata, &judgement)
        }
    }

    /// Rules on a packet that no flow takes up; what the decoder found is recorded.
    func applyRulesOutsideFlows(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        applyRules(packet, frame, factsOutsideFlows(packet, metadata), &judgement)
        noteAnomalies(packet, frame, metadata)
    }

    /// Not what a tunnel carries beside IP, nor a datagram that looks like a tunnel's by its UDP port alone.
    private func isFatal(_ packet: DecodedPacket) -> Bool {
        switch packet.carrier {
        case .vxlan, .geneve, .teredo: false
        // Mirrored frames may be cut short.
        case .gre: packet.addressFamily != nil && packet.link != .erspan
        case .ipv4, .ipv6, nil: true
        }
    }

    /// Fragments go on their way until the datagram is whole; the one that completes it carries the
    /// verdict, so that the receiver never gets a datagram that was not inspected.
    private func judgeFragment(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        counters.fragments &+= 1
        // Ports and payload are the whole datagram's.
        var bare = packet
        bare.payloadLength = 0
        switch fragments.add(packet, frame: frame, now: metadata.time) {
        case .incomplete:
            applyRulesOutsideFlows(bare, frame, metadata, &judgement)
            return
        case .complete(let datagram):
            counters.fragmentsReassembled &+= 1
            // With the link layer of the fragment that came last, as a frame like others.
            let bytes = copy(frame, 0..<packet.ipOffset) + datagram
            var whole = decoder.decode(
                bytes.span, link: packet.link, checksums: metadata.verifiesChecksums ? .verify : .ignore)
            whole.takePlace(of: packet)
            guard whole.invalid == nil, !whole.isFragment else {
                applyRulesOutsideFlows(whole, bytes.span, metadata, &judgement)
                judgement.drop(.defragError)
                return refuseRest(of: packet, metadata, judgement)
            }
            applyRulesOutsideFlows(bare, frame, metadata, &judgement)
            judgement.isReassembled = true
            reassembled = whole
            if !whole.events.isEmpty { noteAnomalies(whole, bytes.span, metadata) }
            judgeDatagram(whole, bytes.span, metadata, &judgement)
            judgeTunnel(whole, bytes.span, metadata, &judgement)
            reassembled = whole
            refuseRest(of: packet, metadata, judgement)
        case .invalid(let event):
            if let event { bare.events.note(event) }
            applyRulesOutsideFlows(bare, frame, metadata, &judgement)
            judgement.drop(.defragError)
            return
        case .memcapReached:
            bare.events.note(packet.addressFamily == .ipv6 ? .ipv6FragmentIgnored : .ipv4FragmentIgnored)
            applyRulesOutsideFlows(bare, frame, metadata, &judgement)
            apply(.defragMemcap, reason: .defragMemcap, &judgement)
        }
    }

    private func refuseRest(of packet: DecodedPacket, _ metadata: PacketMetadata, _ judgement: Judgement) {
        guard configuration.mode == .prevent, judgement.drop != nil || judgement.isRewritten else { return }
        fragments.refuse(packet, now: metadata.time)
    }

    private func judgeDatagram(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        if packet.checksum == .invalidIP || packet.checksum == .invalidTransport {
            counters.checksumsInvalid &+= 1
            judgement.drop(.streamError)
            // A datagram stands by itself, so that looking at one that no receiver takes spoils nothing; and
            // on a capture made by its sender the checksum is often not filled in yet.
            guard packet.transport == .udp, packet.checksum == .invalidTransport, configuration.mode == .detect else {
                return judgeDamaged(packet, frame, metadata, &judgement)
            }
        }
        if Self.isError(packet) { return judgeError(packet, frame, metadata, &judgement) }
        guard let state = flowState(packet, frame, metadata, &judgement) else { return }
        if let block = state.block { return judgement.drop(block) }
        var facts = facts(for: packet, state, judgement, now: metadata.time)
        let knownProtocol = state.app?.appProtocol ?? .unknown
        switch packet.transport {
        case .tcp:
            takeSegment(packet, frame, state, metadata, &facts, &judgement)
        case .udp where !state.isBypassed:
            let payload = frame.extracting(packet.payloadOffset..<packet.payloadOffset + packet.payloadLength)
            appSession(of: state).consumeDatagram(payload, direction: judgement.direction)
        case .icmp, .icmpv6:
            if judgement.direction == .toClient, state.answeringICMP == nil {
                state.answeringICMP = (packet.icmpType, packet.icmpCode)
            }
        default:
            break
        }
        let recognised = state.app?.appProtocol ?? .unknown
        facts.isPayloadHidden = state.hidesPayload
        facts.hasJustRecognised = recognised != .unknown && recognised != knownProtocol
        if state.isPassed {
            judgement.isPassed = true
        } else if !judgement.skipsRules, !state.isBypassed {
            if judgement.isRewritten, configuration.mode == .prevent {
                // Rules look at what leaves.
                let sent = rewrittenPacket
                applyRules(packet, sent.span, facts, &judgement)
            } else {
                applyRules(packet, frame, facts, &judgement)
            }
        }
        if state.hidesPayload, !state.isBypassed, let app = state.app, configuration.encryptionHandling(of: app) == .bypass {
            bypass(&judgement)
        }
        if judgement.direction == .toServer { state.waitingDirections.0 = false } else { state.waitingDirections.1 = false }
        finishTransactions(state, judgement.flow, metadata)
        if packet.payloadLength > 0 { settleMemory(state, now: metadata.time, &judgement) }
    }

    /// A packet that its receiver ignores: rules on headers see it, with its flow.
    private func judgeDamaged(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        var bare = packet
        bare.payloadLength = 0
        guard packet.checksum == .invalidTransport,
            let state = flowState(packet, frame, metadata, &judgement)
        else { return applyRules(bare, frame, factsOutsideFlows(packet, metadata), &judgement) }
        guard state.block == nil, !state.isPassed, !judgement.skipsRules else { return }
        applyRules(bare, frame, facts(for: packet, state, judgement, now: metadata.time), &judgement)
    }

    /// The packet's flow, or nil when the table is full and the exception policy has spoken.
    private func flowState(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) -> FlowState? {
        let (bytes, now) = (frame.count, metadata.time)
        switch lookUp(packet, bytes: bytes, now: now) {
        case .found(let index, let direction):
            judgement.flow = index
            judgement.direction = direction
            judgement.state = states[Int(index.rawValue)]
            if let tcp = judgement.state?.tcp, packet.transport == .tcp,
                tcp.startsNewConnection(packet, direction: direction)
            {
                restart(index, packet, bytes: bytes, now: now, &judgement)
            }
            if let state = judgement.state, startsTheOtherWay(packet, frame, state, judgement) {
                flows[index].swapEnds()
                state.swapEnds()
                setPorts(of: state, index)
                judgement.direction = judgement.direction.reversed
            }
        case .created(let index):
            judgement.flow = index
            if isFromServer(packet, frame) { flows[index].swapEnds() }
            judgement.direction = flows[index].direction(of: packet)
            judgement.state = newState(index)
            judgement.state?.vlanIDs = packet.vlans.ids
        case .memcapReached:
            apply(.flowMemcap, reason: .flowMemcap, &judgement)
        }
        if let state = judgement.state { findContainers(packet, metadata, state, judgement.direction) }
        return judgement.state
    }

    /// A full table makes room for a new flow with one that was never answered.
    private func lookUp(_ packet: DecodedPacket, bytes: Int, now: Timestamp) -> FlowTable.Lookup {
        let found = flows.flow(for: packet, bytes: bytes, now: now)
        guard case .memcapReached = found, let unanswered = flows.oldestNew else { return found }
        counters.flowsForcedOut &+= 1
        end(unanswered, reason: .forced, now: now)
        return flows.flow(for: packet, bytes: bytes, now: now)
    }

    /// The first packets of a flow that was there before said nothing; the first data does. Nor do packets with a wrong
    /// checksum say who the client is: the first intact one does.
    private func startsTheOtherWay(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ state: FlowState, _ judgement: Judgement
    ) -> Bool {
        if packet.transport == .tcp, state.tcp.map({ $0.state == .none }) ?? true, packet.checksum != .invalidTransport {
            let isToClient = packet.tcp.flags.isSuperset(of: [.syn, .ack]) || isFromServer(packet, frame)
            return judgement.direction != (isToClient ? .toClient : .toServer)
        }
        guard judgement.direction == .toServer, packet.transport == .tcp, packet.payloadLength > 0, state.app == nil,
            let tcp = state.tcp, tcp.isMidstream, tcp.streamBytes(.toServer) == 0, tcp.streamBytes(.toClient) == 0
        else { return false }
        return isFromServer(packet, frame)
    }

    /// A flow that was there before, of which the first packet seen is a server's: by what it says.
    private func isFromServer(_ packet: DecodedPacket, _ frame: Span<UInt8>) -> Bool {
        let isDatagram = packet.transport == .udp
        guard isDatagram || packet.transport == .tcp && !packet.tcp.flags.contains(.syn), packet.payloadLength > 0 else {
            return false
        }
        let payload = frame.extracting(packet.payloadOffset..<packet.payloadOffset + packet.payloadLength)
        if !isDatagram, AppLayerSession.isServerGreeting(payload) { return true }
        let ports = ProtocolPorts(
            client: packet.sourcePort, server: packet.destinationPort, dns: configuration.appLayer.dnsPorts)
        return ports.isFromServer(payload, isDatagram: isDatagram)
    }

    private func newState(_ index: FlowIndex) -> FlowState {
        counters.flows &+= 1
        counters.flowsActive &+= 1
        counters.flowBytes = UInt64(clamping: flows.memoryBytes)
        while states.count <= Int(index.rawValue) { states.append(nil) }
        let state = FlowState()
        states[Int(index.rawValue)] = state
        setPorts(of: state, index)
        return state
    }

    /// Another connection on the same ports: the old flow ends here.
    private func restart(
        _ index: FlowIndex, _ packet: DecodedPacket, bytes: Int, now: Timestamp, _ judgement: inout Judgement
    ) {
        let record = flows.restart(index, for: packet, bytes: bytes, now: now)
        if let old = judgement.state { finish(old, index, record, .timeout, now: now) }
        counters.flowsActive &-= 1
        judgement.direction = flows[index].direction(of: packet)
        judgement.state = newState(index)
    }

    private func facts(
        for packet: DecodedPacket, _ state: FlowState, _ judgement: Judgement, now: Timestamp
    ) -> FlowFacts {
        var facts = FlowFacts()
        facts.now = now
        facts.direction = judgement.direction
        facts.isReassembled = judgement.isReassembled
        facts.scopeRow = scopeRow(of: state)
        guard let index = judgement.flow else { return facts }
        let record = flows[index]
        facts.hasFlow = true
        facts.flowID = record.id
        facts.isEstablished = record.state == .established
        facts.packets = record.packets
        facts.bytes = record.bytes
        facts.ageSeconds = UInt64(max(0, now.seconds(since: record.firstSeen)))
        switch judgement.direction {
        case .toServer:
            facts.isFirstInDirection = !state.seenDirections.0
            state.seenDirections.0 = true
        case .toClient:
            facts.isFirstInDirection = !state.seenDirections.1
            state.seenDirections.1 = true
        }
        return facts
    }

    private func takeSegment(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ state: FlowState, _ metadata: PacketMetadata,
        _ facts: inout FlowFacts, _ judgement: inout Judgement
    ) {
        guard state.tcp != nil || streamMemory.hasRoomForSession else {
            return apply(.streamMemcap, reason: .streamMemcap, &judgement)
        }
        let session = tcpSession(of: state, judgement.flow)
        let payload = frame.extracting(packet.payloadOffset..<packet.payloadOffset + packet.payloadLength)
        let direction = judgement.direction
        state.note(packet.tcp.flags, direction)
        let (wasMidstream, wasEstablished) = (session.isMidstream, session.isEstablished)
        let before = session.streamBytes(direction)
        defer { counters.reassemblyBytes = UInt64(clamping: streamMemory.bytesInUse) }
        let stateBefore = configuration.records.segments.isEmpty ? nil : session.state
        var outcome = session.receive(packet, payload: payload, direction: direction, now: metadata.time)
        let depth = configuration.streamDepth
        if depth > 0, before < depth, session.streamBytes(direction) >= depth { outcome.events.insert(.reassemblyDepthReached) }
        if !outcome.events.isEmpty { noteAnomalies(outcome.events, packet, frame, metadata, judgement) }
        judgement.segment = stateBefore.map { ($0, outcome.events) }
        if session.isMidstream, !wasMidstream {
            counters.tcpMidstream &+= 1
            apply(.streamMidstream, reason: .streamMidstream, &judgement)
        }
        facts.streamEvents = outcome.events.rawValue
        facts.isInStream = !payload.isEmpty
        // The bare acknowledgement that ends a handshake still belongs to it; one that brings data does not.
        facts.isEstablished = session.isEstablished && (wasEstablished || !payload.isEmpty)
        facts.streamBytes = (session.streamBytes(.toServer), session.streamBytes(.toClient))
        setFlowState(session, judgement)
        if !payload.isEmpty { meetExpectation(state, judgement.flow, now: metadata.time) }
        if outcome.isRewound {
            finishTransactions(state, judgement.flow, metadata, isFlowEnd: true)
            state.beginAnew(direction)
        }
        switch outcome.disposition {
        case .forward:
            if packet.tcp.flags.contains(.urg), !outcome.keepsUrgent, configuration.mode == .prevent {
                clearUrgent(packet, frame)
                judgement.isRewritten = true
            }
            guard !state.isBypassed else { return }
            handOn(payload, outcome, session, state, direction)
        case .rewrite:
            counters.tcpOverlapsDiffering &+= 1
            if state.rewrittenSegments < .max { state.rewrittenSegments += 1 }
            rewrite(packet, frame, payload: session.rewrittenPayload)
            if packet.tcp.flags.contains(.urg), !outcome.keepsUrgent {
                let kept = rewrittenPacket
                clearUrgent(packet, kept.span)
            }
            judgement.isRewritten = true
            guard !state.isBypassed else { return }
            let kept = session.rewrittenPayload
            handOn(kept.span, outcome, session, state, direction)
        case .drop(let reason):
            facts.isInStream = false
            guard !state.isPassed else {
                // Each packet of a flow that is not followed meets the policy anew.
                if reason == .midstream { counters.note(.streamMidstream, configuration.exceptions[.streamMidstream]) }
                return
            }
            dropSegment(reason, &judgement)
            // Detect mode does not act, so the receiver gets these bytes: they are still looked at packet by packet.
            return
        }
        let hasEnded = outcome.isEndOfStream || configuration.tcp.deliversOnAcknowledgment && session.hasEnded(direction)
        // What waits for its acknowledgment comes before the end.
        if hasEnded, !session.hasBuffered(direction) { appSession(of: state).finish(direction) }
        announce(state, judgement.flow, now: metadata.time)
        if let app = state.app, app.hasFailed { applyAppLayerFailure(state, &judgement) }
    }

    /// Delivers what has come in order with a segment: of `payload`, which is what the receiver gets, and of what waited.
    private func handOn(
        _ payload: Span<UInt8>, _ outcome: TCPSession.Outcome, _ session: TCPSession, _ state: FlowState,
        _ direction: Direction
    ) {
        if !outcome.inOrder.isEmpty {
            deliver(payload.extracting(outcome.inOrder), at: outcome.streamOffset, direction, state)
        }
        while let chunk = session.nextBuffered(direction) {
            deliver(chunk.bytes.span, at: chunk.streamOffset, direction, state)
        }
        guard session.hasBuffered(direction.reversed) else { return }
        // What this packet acknowledges, or inline what waited for bytes that the receiver has although they never came by;
        // rules on it wait for a packet of its own direction.
        while let chunk = session.nextBuffered(direction.reversed) {
            deliver(chunk.bytes.span, at: chunk.streamOffset, direction.reversed, state)
            if direction == .toServer { state.waitingDirections.1 = true } else { state.waitingDirections.0 = true }
        }
    }

    /// Each in-order byte passes here once: first the parser, then the rules on the raw stream.
    func deliver(_ chunk: Span<UInt8>, at offset: UInt64, _ direction: Direction, _ state: FlowState) {
        var chunk = chunk
        if configuration.streamDepth > 0 {
            guard offset < configuration.streamDepth else { return }
            let left = configuration.streamDepth - offset
            if left < UInt64(chunk.count) { chunk = chunk.extracting(first: Int(left)) }
        }
        let app = appSession(of: state)
        let expected = direction == .toServer ? state.inspectedBytes.0 : state.inspectedBytes.1
        if offset > expected { app.skipGap(length: offset - expected, direction: direction) }
        let end = offset &+ UInt64(chunk.count)
        if direction == .toServer { state.inspectedBytes.0 = end } else { state.inspectedBytes.1 = end }
        if let streamWitness { streamWitness(chunk, offset, direction) }
        app.consume(chunk, direction: direction, offset: offset)
        if app.isEncrypted, configuration.encryptionHandling(of: app) != .full { state.hidesPayload = true }
        guard !state.isPassed, !state.hidesPayload else { return }
        detector.scanStream(chunk, streamOffset: offset, direction: direction, state: detectionState(of: state))
    }

    private func dropSegment(_ reason: StreamDropReason, _ judgement: inout Judgement) {
        switch reason {
        case .invalid:
            counters.tcpInvalid &+= 1
            judgement.drop(.streamError)
        case .urgent:
            judgement.drop(.streamUrgent)
        case .memcap:
            apply(.streamReassembly, reason: .streamReassembly, &judgement)
        case .midstream:
            apply(.streamMidstream, reason: .streamMidstream, &judgement)
        }
    }

    private func setFlowState(_ session: TCPSession, _ judgement: Judgement) {
        guard let index = judgement.flow else { return }
        if flows[index].state != session.flowState { flows[index].state = session.flowState }
    }
}
