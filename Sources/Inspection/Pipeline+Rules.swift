import AppLayer
import Detection
import Events
import Flow
import RuleLanguage
public import Wire

/// What a matching rule does.
extension Pipeline {
    func applyRules(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ facts: FlowFacts, _ judgement: inout Judgement
    ) {
        let state = judgement.state
        detector.inspect(
            packet, frame: frame, facts: facts, state: state.map { $0.detection ?? spareDetection }, session: state?.app)
        if let state, state.detection == nil, !spareDetection.isUnused {
            state.detection = spareDetection
            spareDetection = FlowDetectionState()
        }
        judgement.isTagged = detector.isTagged
        counters.policyOff = detector.offMatches
        for found in detector.matches {
            let rule = ruleSet.rules[found.rule].rule
            let ruling = ruling(found, rule, packet, facts, judgement)
            var match = found
            if !ruling.acts {
                // A pass that says nothing when it does not act would only be noise.
                if match.action == .pass { continue }
                match.action = .alert
                match.replacements = []
            }
            if !match.replacements.isEmpty { replace(match.replacements, packet, frame, &judgement) }
            if ruling.acts, !match.action.drops, !judgement.isDroppedByRule, ruleSet.rules[match.rule].bypasses {
                bypass(&judgement)
            }
            switch match.action {
            case .pass:
                pass(match, rule, ruling, packet, frame, &judgement)
                // A pass ends what the rules after it could do.
                return
            case .drop, .reject:
                judgement.drop(match.isByRate ? .thresholdDetectionFilter : .rules)
                judgement.isDroppedByRule = true
                if match.action == .reject { judgement.reject = rule.rejectTarget }
                if match.actsOnFlow { block(state, .flowDrop) }
            case .alert:
                break
            }
            note(match, rule, ruling, packet, frame, &judgement)
        }
    }

    /// What a rule dropped before stays dropped; a flow that passes is not held to TCP's rules either.
    private func pass(
        _ match: RuleMatch, _ rule: Rule, _ ruling: Ruling, _ packet: DecodedPacket, _ frame: Span<UInt8>,
        _ judgement: inout Judgement
    ) {
        if !judgement.isDroppedByRule {
            judgement.isPassed = true
            if match.actsOnFlow, let state = judgement.state, state.block == nil {
                state.isPassed = true
                counters.flowsPassed &+= 1
                judgement.drop = nil
            }
        }
        if rule.alertsWhenPassing { note(match, rule, ruling, packet, frame, &judgement) }
    }

    /// The rest of the flow goes by uninspected.
    func bypass(_ judgement: inout Judgement) {
        judgement.state?.isBypassed = true
        judgement.wantsBypass = true
    }

    private func note(
        _ match: RuleMatch, _ rule: Rule, _ ruling: Ruling, _ packet: DecodedPacket, _ frame: Span<UInt8>,
        _ judgement: inout Judgement
    ) {
        guard !match.isSilent else {
            counters.alertsSuppressed &+= 1
            if match.action.drops, judgement.droppingAlert == nil {
                judgement.droppingAlert = record(match, rule, ruling, packet, judgement)
            }
            return
        }
        guard judgement.alerts.count < configuration.packetAlertMax else {
            counters.alertQueueOverflows &+= 1
            return
        }
        counters.alerts &+= 1
        judgement.state?.hasAlerted = true
        var alert = record(match, rule, ruling, packet, judgement)
        alert.payload = payload(match, packet, frame, judgement)
        alert.contexts = match.contexts
        alert.frame = match.frame.map { FrameRecord($0, of: match.transactionID) }
        alert.variables = match.variables.map { ($0.name, $0.value) }
        judgement.alerts.append((alert, transactionID(of: match, judgement)))
        if match.action.drops, judgement.droppingAlert == nil { judgement.droppingAlert = alert }
    }

    private func record(
        _ match: RuleMatch, _ rule: Rule, _ ruling: Ruling, _ packet: DecodedPacket, _ judgement: Judgement
    ) -> AlertRecord {
        var alert = AlertRecord()
        alert.isBlocked = match.action.drops && configuration.mode == .prevent
        alert.patch = ruling.record
        alert.place = "\(rule.location.file):\(rule.location.line)"
        alert.gid = rule.gid
        alert.signatureID = rule.sid
        alert.rev = rule.rev
        alert.signature = rule.message
        alert.category = rule.category
        alert.severity = rule.priority
        alert.metadata = rule.metadata
        if configuration.alertsCarryReferences { alert.references = rule.referenceLinks }
        alert.direction = judgement.flow == nil ? nil : judgement.direction.eveName
        let source = AlertRecord.Endpoint(address: packet.source.description, port: packet.sourcePort)
        let destination = AlertRecord.Endpoint(address: packet.destination.description, port: packet.destinationPort)
        switch rule.target {
        case .destination: alert.attack = (source, destination)
        case .source: alert.attack = (destination, source)
        case nil: break
        }
        let transaction = transactionID(of: match, judgement).flatMap { id in
            judgement.state?.app?.transactions.first { $0.id == id }
        }
        alert.match = match.evidence.map { matchRecord($0, transaction, judgement) }
        if let transaction {
            describe(transaction, &alert)
            alert.files = transaction.files(judgement.direction).map {
                FileInfoRecord($0, transaction, alert.http, configuration.records)
            }
        } else if let forwardedFor = configuration.forwardedFor, let transactions = judgement.state?.app?.transactions {
            // The newest request that says so stands for an alert that is about none.
            alert.forwardedFor = transactions.reversed().lazy.compactMap { ($0 as? HTTPTransaction).flatMap(forwardedFor.address) }.first
        }
        if let index = judgement.flow {
            let flow = flows[index]
            alert.flow = AlertFlow(
                packets: flow.packets, bytes: flow.bytes, start: flow.firstSeen,
                client: (text(flow.client), flow.hasPorts ? flow.clientPort : nil),
                server: (text(flow.server), flow.hasPorts ? flow.serverPort : nil))
        }
        return alert
    }
}

extension Pipeline {
    /// The transaction that an alert is about.
    private func transactionID(of match: RuleMatch, _ judgement: Judgement) -> UInt64? {
        if let id = match.transactionID { return id }
        guard configuration.guessesTransactions, let transactions = judgement.state?.app?.transactions else {
            return nil
        }
        let possible = transactions.filter { $0.onlyDirection == nil || $0.onlyDirection == judgement.direction }
        return possible.count == 1 ? possible[0].id : nil
    }

    private func text(_ address: IPAddress) -> String {
        configuration.compressesIPv6 ? address.description : address.expanded
    }

    /// What the alert says of the transaction that matched.
    private func describe(_ transaction: Transaction, _ alert: inout AlertRecord) {
        switch transaction {
        case let http as HTTPTransaction:
            alert.http = HTTPRecord(http, configuration.httpRecords)
            alert.forwardedFor = configuration.forwardedFor?.address(http)
            alert.dns = (http as? HTTP2Transaction).flatMap { DNSEventRecord($0) }
        case let dns as DNSTransaction: alert.dns = DNSEventRecord(dns)
        case let ssh as SSHTransaction: alert.ssh = SSHRecord(ssh)
        case let ftp as FTPTransaction: alert.ftp = FTPRecord(ftp)
        case let data as FTPDataTransaction: alert.ftpData = FTPDataRecord(data)
        case let smtp as SMTPTransaction: alert.smtp = SMTPRecord(smtp, configuration.records.mail)
        case let tls as TLSTransaction: alert.tls = TLSRecord(tls, configuration.records.tls.union(.extended))
        case let message as WebSocketTransaction: alert.webSocket = WebSocketRecord(message.frame)
        default: break
        }
    }

    /// The bytes that go with an alert, as the configuration wants them.
    private func payload(
        _ match: RuleMatch, _ packet: DecodedPacket, _ frame: Span<UInt8>, _ judgement: Judgement
    ) -> PayloadRecord {
        var record = PayloadRecord()
        record.isStream = match.isInStream
        let limit = configuration.alertPayloadBytes
        if limit > 0 {
            if match.isInStream, let detection = judgement.state?.detection {
                record.payload = detection.streamBytes(judgement.direction, limit: limit)
            } else {
                let end = packet.payloadOffset + min(packet.payloadLength, limit)
                record.payload = copy(frame, packet.payloadOffset..<max(packet.payloadOffset, end))
            }
        }
        if configuration.alertsCarryPayloadLength { record.length = record.payload?.count ?? packet.payloadLength }
        if configuration.alertsCarryPacket { record.packet = copy(frame, 0..<frame.count) }
        return record
    }

    func copy(_ frame: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        [UInt8](copying: frame.extracting(range.clamped(to: 0..<frame.count)))
    }
}

extension Direction {
    /// EVE `direction`.
    public var eveName: String { self == .toServer ? "to_server" : "to_client" }
}

extension FrameRecord {
    fileprivate init(_ frame: StreamFrame.Extent, of transactionID: UInt64?) {
        // `frame:tls.hdr` in rules.
        let name = frame.kind.keyword.drop { $0 != ":" }.dropFirst()
        self.init(
            type: String(name.contains(".") ? name.drop { $0 != "." }.dropFirst() : name),
            direction: frame.direction == .toServer ? "toserver" : "toclient", streamOffset: frame.start, length: frame.length,
            isComplete: frame.isComplete, transactionID: transactionID)
    }
}

extension HTTPRecord {
    init(_ transaction: HTTPTransaction, _ options: HTTPRecordOptions = HTTPRecordOptions()) {
        self.init()
        let (request, response) = (transaction.message(.toServer), transaction.message(.toClient))
        hostname = transaction.hostname
        port = transaction.hostPort
        url = request.second.isEmpty ? nil : request.second
        userAgent = request.value("user-agent")
        referer = request.value("referer")
        method = request.first.isEmpty ? nil : request.first
        proto = request.third.isEmpty ? nil : request.third
        contentType = response.value("content-type").map { Array($0.prefix { $0 != UInt8(ascii: ";") }) }
        status = UInt64(String(decoding: response.second, as: UTF8.self))
        if status == nil, !response.second.isEmpty { statusText = response.second }
        contentRange = transaction.files(.toClient).first?.range
        redirect = response.value("location")
        length = response.bodyLength
        http2 = (transaction as? HTTP2Transaction).map { HTTP2Record($0) }
        if http2 != nil { proto = nil }
        guard !options.isEmpty else { return }
        if options.dumpsRequestHeaders { requestHeaders = request.headers.map { ($0.name, $0.value) } }
        if options.dumpsResponseHeaders { responseHeaders = response.headers.map { ($0.name, $0.value) } }
        for field in options.custom {
            let message = field.direction == .toServer ? request : response
            if let value = message.value(named: field.header) { custom.append((field.member, value)) }
        }
    }
}
