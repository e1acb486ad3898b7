import AppLayer
import Detection
import Events
import Flow
import Wire

/// The ends of transactions and flows.
extension Pipeline {
    enum FlowEnd: String { case timeout, forced, shutdown }

    /// Writes the records of transactions that are whole and lets go of them.
    func finishTransactions(
        _ state: FlowState, _ index: FlowIndex?, _ metadata: PacketMetadata, isFlowEnd: Bool = false
    ) {
        guard let app = state.app else { return }
        if app.appProtocol != state.countedProtocol {
            state.countedProtocol = app.appProtocol
            if app.appProtocol != .unknown { counters.appFlows[Int(app.appProtocol.rawValue)] &+= 1 }
        }
        state.transactionCount = app.transactionCount
        for transaction in app.transactions where transaction.hasProgressed { log(transaction, index, metadata, isFlowEnd) }
        guard isFlowEnd || state.waitingDirections == (false, false) else { return }
        if !app.events.isEmpty, let index { recordEvents(of: app, index, metadata) }
        app.finishInspection()
    }

    /// Of the recognition of the flow's protocol.
    private func recordEvents(of app: AppLayerSession, _ index: FlowIndex, _ metadata: PacketMetadata) {
        guard configuration.recordsTraffic, configuration.records.anomalies.contains(.applayer) else { return }
        for event in app.events {
            var header = header(flows[index], metadata, event.direction)
            header.packetSource = "wire/pcap"
            if let state = states[Int(index.rawValue)] {
                header.vlanIDs = state.vlanIDs
                nameContainers(of: state, event.direction, &header)
            }
            let record = AnomalyRecord(
                kind: .applayer, event: event.name.description.uppercased(), layer: "proto_detect",
                appProtocol: event.appProtocol == .unknown ? nil : event.appProtocol.name)
            events.append(Event(header: header, body: .anomaly(record)))
        }
    }

    private func log(
        _ transaction: Transaction, _ index: FlowIndex?, _ metadata: PacketMetadata, _ isFlowEnd: Bool
    ) {
        guard let index else { return }
        guard configuration.recordsTraffic else {
            if TransactionRecords.passOver(transaction) {
                counters.httpTransactions &+= 1
                tally(answerOf: transaction, index)
            }
            return
        }
        let forwardedFor = configuration.forwardedFor.flatMap { setting in
            (transaction as? HTTPTransaction).flatMap { setting.address($0) }
        }
        for due in TransactionRecords.due(transaction, configuration) {
            if case .http = due.body {
                counters.httpTransactions &+= 1
                tally(answerOf: transaction, index)
            }
            var header = header(flows[index], metadata, due.direction)
            header.transactionID = transaction.id
            header.packetSource = isFlowEnd ? Self.flowEndSource : "wire/pcap"
            if let state = states[Int(index.rawValue)] {
                header.vlanIDs = state.vlanIDs
                nameContainers(of: state, due.direction, &header)
                describe(state, &header)
            }
            var body = due.body
            switch body {
            case .http, .fileInfo: put(forwardedFor, &header, due.direction)
            case .tls(var record):
                record.fromProtocol = states[Int(index.rawValue)]?.app?.originalProtocol?.name
                body = .tls(record)
            default: break
            }
            events.append(Event(header: header, body: body))
        }
    }

    /// What detection remembers of the flow.
    func describe(_ state: FlowState, _ header: inout EventHeader) {
        guard let detection = state.detection else { return }
        header.flowbits = ruleSet.flowbits(of: detection)
        header.flowIntegers = ruleSet.flowIntegers(of: detection)
        header.flowVariables = detection.flowVariables
        header.entropies = detection.entropies
    }

    private func header(
        _ flow: FlowRecord, _ metadata: PacketMetadata, _ direction: Direction = .toServer
    ) -> EventHeader {
        var header = EventHeader()
        header.compressesIPv6 = configuration.compressesIPv6
        header.time = metadata.time
        header.inputInterfaceIndex = metadata.inputInterface
        header.flowID = flow.id
        header.captureNumber = metadata.captureNumber > 0 ? metadata.captureNumber : nil
        header.source = direction == .toServer ? flow.client : flow.server
        header.destination = direction == .toServer ? flow.server : flow.client
        header.ipProtocol = flow.ipProtocol
        switch flow.ipProtocol {
        case _ where flow.hasPorts:
            header.sourcePort = direction == .toServer ? flow.clientPort : flow.serverPort
            header.destinationPort = direction == .toServer ? flow.serverPort : flow.clientPort
        case IPProtocol.icmp, IPProtocol.icmpv6:
            header.icmpType = flow.icmpType
            header.icmpCode = flow.icmpCode
        default: break
        }
        return header
    }

    /// Ends a flow: what waited for more data is inspected for the last time, and its record is written.
    func end(_ index: FlowIndex, reason: FlowEnd, now: Timestamp) {
        let record = flows[index]
        if Int(index.rawValue) < states.count, let state = states[Int(index.rawValue)] {
            finish(state, index, record, reason, now: now)
            states[Int(index.rawValue)] = nil
            counters.flowsActive &-= 1
        }
        flows.remove(index)
        counters.flowBytes = UInt64(clamping: flows.memoryBytes)
        counters.reassemblyBytes = UInt64(clamping: streamMemory.bytesInUse)
    }

    func finish(_ state: FlowState, _ index: FlowIndex, _ record: FlowRecord, _ reason: FlowEnd, now: Timestamp) {
        defer { charge(0, to: state) }
        if state.block == nil, !state.isPassed { inspectRemains(state, index, record, now: now) }
        tally(end: state, isTCP: record.ipProtocol == IPProtocol.tcp)
        guard configuration.recordsTraffic else { return }
        var event = FlowEventRecord()
        event.packets = record.packets
        event.bytes = record.bytes
        event.start = record.firstSeen
        event.end = record.lastSeen
        event.state = state.isBypassed ? "bypassed" : record.state.eveName
        event.reason = reason.rawValue
        event.hasAlerted = state.hasAlerted
        event.action = state.block != nil || state.wouldBlock ? "drop" : state.isPassed ? "pass" : nil
        event.transactionCount = state.transactionCount
        event.exceptionPolicies = state.exceptions.map { ($0.target.rawValue, $0.policy.counterName) }
        if let tcp = state.tcp {
            event.tcpFlags = state.tcpFlags
            event.tcpState = tcp.state.eveName
        }
        event.answeringICMP = state.answeringICMP
        event.originalProtocol = (state.app?.originalProtocol ?? state.originalProtocol)?.name
        let appProtocol = state.appProtocol == .unknown ? nil : state.appProtocol.name
        let metadata = PacketMetadata(time: now, link: .rawIP, verifiesChecksums: false)
        var header = header(record, metadata)
        header.vlanIDs = state.vlanIDs
        nameContainers(of: state, .toServer, &header)
        describe(state, &header)
        events.append(Event(header: header, body: .flow(event, appProtocol: appProtocol)))
    }

    private func inspectRemains(_ state: FlowState, _ index: FlowIndex, _ record: FlowRecord, now: Timestamp) {
        state.tcp?.flush()
        guard state.app != nil || state.tcp.map({ $0.hasBuffered(.toServer) || $0.hasBuffered(.toClient) }) == true else { return }
        let app = appSession(of: state)
        let nothing: [UInt8] = []
        for direction in [Direction.toServer, .toClient] {
            while let chunk = state.tcp?.nextBuffered(direction) {
                deliver(chunk.bytes.span, at: chunk.streamOffset, direction, state)
            }
            app.finish(direction)
            let packet = Self.stand(in: record, direction)
            var facts = FlowFacts()
            facts.hasFlow = true
            facts.flowID = record.id
            facts.isEstablished = state.tcp?.isEstablished ?? (record.state == .established)
            facts.direction = direction
            facts.packets = record.packets
            facts.bytes = record.bytes
            facts.now = now
            facts.isEndOfFlow = true
            facts.scopeRow = scopeRow(of: state)
            var judgement = Judgement()
            judgement.flow = index
            judgement.state = state
            judgement.direction = direction
            judgement.isFlowEnd = true
            applyRules(packet, nothing.span, facts, &judgement)
            let metadata = PacketMetadata(time: now, link: .rawIP, verifiesChecksums: false)
            // The packets are gone already: nothing is dropped any more.
            judgement.drop = nil
            judgement.reject = nil
            if !judgement.alerts.isEmpty {
                _ = conclude(packet, nothing.span, metadata, judgement)
                counters.accepted &-= 1
            }
        }
        finishTransactions(state, index, PacketMetadata(time: now, link: .rawIP, verifiesChecksums: false), isFlowEnd: true)
    }

    /// EVE `pkt_src` of what comes up at a flow's end.
    static let flowEndSource = "stream (flow timeout)"

    /// A packet of the flow without payload, for rules that are judged at its end.
    private static func stand(in record: FlowRecord, _ direction: Direction) -> DecodedPacket {
        var packet = DecodedPacket()
        let isForward = direction == .toServer
        packet.addressFamily = record.client.family
        packet.source = isForward ? record.client : record.server
        packet.destination = isForward ? record.server : record.client
        if record.hasPorts {
            packet.sourcePort = isForward ? record.clientPort : record.serverPort
            packet.destinationPort = isForward ? record.serverPort : record.clientPort
        }
        packet.ipProtocol = record.ipProtocol
        packet.transport =
            switch record.ipProtocol {
            case IPProtocol.tcp: .tcp
            case IPProtocol.udp: .udp
            case IPProtocol.icmp: .icmp
            case IPProtocol.icmpv6: .icmpv6
            case IPProtocol.sctp: .sctp
            default: .other
            }
        return packet
    }
}

extension FlowRecord.State {
    var eveName: String {
        switch self {
        case .new: "new"
        case .established: "established"
        case .closed: "closed"
        }
    }
}

extension TCPSession.State {
    var eveName: String {
        switch self {
        case .none: "none"
        case .synSent: "syn_sent"
        case .synReceived: "syn_recv"
        case .established: "established"
        case .finWait1: "fin_wait1"
        case .finWait2: "fin_wait2"
        case .closeWait: "close_wait"
        case .lastAck: "last_ack"
        case .closing: "closing"
        case .timeWait: "time_wait"
        case .closed: "closed"
        }
    }
}
