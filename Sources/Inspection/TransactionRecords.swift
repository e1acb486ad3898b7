import AppLayer
import Events
import Wire

/// The records that a transaction is due as far as it has come, each once.
enum TransactionRecords {
    struct Due {
        let body: Event.Body
        /// Whose packets the record is about; requests' where both are.
        var direction = Direction.toServer
    }

    static func due(
        _ transaction: Transaction, _ configuration: borrowing PipelineConfiguration
    ) -> [Due] {
        let (options, settings) = (configuration.httpRecords, configuration.records)
        // Made once for all records that hold it.
        var http: HTTPRecord?
        let own: [Due] =
            switch transaction {
            case let transaction as HTTPTransaction: due(transaction, &http, options)
            case let dns as DNSTransaction: due(dns, configuration.dnsRecords)
            case let ssh as SSHTransaction: due(ssh)
            case let ftp as FTPTransaction: due(ftp)
            case let tls as TLSTransaction: due(tls, settings)
            case let data as FTPDataTransaction: due(data)
            case let smtp as SMTPTransaction: due(smtp, settings)
            case let message as WebSocketTransaction: due(message)
            default: []
            }
        guard settings.anomalies.contains(.applayer) else {
            return own.filter { if case .anomaly = $0.body { false } else { true } } + files(transaction, &http, configuration)
        }
        return own + files(transaction, &http, configuration)
    }

    /// In place of `due` where records are not wanted; returns whether a whole HTTP transaction was passed over, once.
    static func passOver(_ transaction: Transaction) -> Bool {
        guard transaction is HTTPTransaction, transaction.logged != (true, true), transaction.isComplete(.toServer),
            transaction.isComplete(.toClient)
        else { return false }
        transaction.logged = (true, true)
        return true
    }

    private static func due(
        _ transaction: HTTPTransaction, _ record: inout HTTPRecord?, _ options: HTTPRecordOptions
    ) -> [Due] {
        guard transaction.logged != (true, true), transaction.isComplete(.toServer), transaction.isComplete(.toClient) else {
            return []
        }
        transaction.logged = (true, true)
        var bodies: [Due] = []
        let http2 = (transaction as? HTTP2Transaction).map { HTTP2Record($0) }
        if Direction.allCases.contains(where: { !transaction.message($0).first.isEmpty }) || http2?.isTold == true {
            var http = HTTPRecord(transaction, options)
            record = http
            http.isExtended = options.isExtended
            let dns = (transaction as? HTTP2Transaction).flatMap { DNSEventRecord($0) }
            bodies.append(Due(body: dns.map { .dnsOverHTTP(http, $0) } ?? .http(http)))
        }
        return bodies + anomalies(transaction)
    }

    private static func due(_ transaction: DNSTransaction, _ settings: DNSRecordSettings) -> [Due] {
        guard transaction.logged != (true, true) else { return [] }
        transaction.logged = (true, true)
        guard !transaction.message.isEmpty else { return anomalies(transaction) }
        let records = DNSEventRecord(transaction).split(by: settings)
        // In the older form everything is told from the client's side.
        let direction = settings.version < 3 ? Direction.toServer : transaction.direction
        return records.map { Due(body: .dns($0), direction: direction) } + anomalies(transaction)
    }

    /// Once both sides are known, or the flow ends.
    private static func due(_ transaction: SSHTransaction) -> [Due] {
        let isOver = transaction.isComplete(.toServer) && transaction.isComplete(.toClient)
        guard transaction.logged != (true, true), transaction.isTold || isOver else { return [] }
        transaction.logged = (true, true)
        let record = SSHRecord(transaction)
        guard record.client != nil || record.server != nil else { return anomalies(transaction) }
        return [Due(body: .ssh(record))] + anomalies(transaction)
    }

    private static func due(_ transaction: FTPTransaction) -> [Due] {
        guard transaction.logged != (true, true), transaction.isComplete(.toServer), transaction.isComplete(.toClient) else {
            return []
        }
        transaction.logged = (true, true)
        return [Due(body: .ftp(FTPRecord(transaction)))] + anomalies(transaction)
    }

    /// Once the part of the handshake that can be read is done. One whose certificate was not seen tells nothing, unless the session
    /// is an earlier one's or the version hides certificates.
    private static func due(_ transaction: TLSTransaction, _ settings: RecordSettings) -> [Due] {
        let isOver = transaction.isComplete(.toServer) && transaction.isComplete(.toClient)
        guard transaction.logged != (true, true), transaction.isOpenPartDone || isOver else { return [] }
        transaction.logged = (true, true)
        let isTold =
            transaction.server.chain.leaf != nil || transaction.isResumed
            || transaction.server.hello != nil && transaction.server.version.isTLS13
        return (isTold ? [Due(body: .tls(TLSRecord(transaction, settings.tls)))] : []) + anomalies(transaction)
    }

    private static func due(_ transaction: FTPDataTransaction) -> [Due] {
        guard transaction.logged != (true, true), transaction.isComplete(.toServer), transaction.isComplete(.toClient) else {
            return []
        }
        transaction.logged = (true, true)
        let direction: Direction = transaction.files(.toServer).isEmpty ? .toClient : .toServer
        return [Due(body: .ftpData(FTPDataRecord(transaction)), direction: direction)]
    }

    private static func due(_ transaction: SMTPTransaction, _ settings: RecordSettings) -> [Due] {
        guard transaction.logged != (true, true), transaction.isComplete(.toServer), transaction.isComplete(.toClient) else {
            return []
        }
        transaction.logged = (true, true)
        return [Due(body: .smtp(SMTPRecord(transaction, settings.mail)))] + anomalies(transaction)
    }

    /// Each frame, once it is whole.
    private static func due(_ transaction: WebSocketTransaction) -> [Due] {
        let frames = transaction.takeUntold().map {
            Due(body: .webSocket(WebSocketRecord($0)), direction: transaction.direction)
        }
        guard transaction.logged != (true, true), transaction.isComplete(transaction.direction) else { return frames }
        transaction.logged = (true, true)
        return frames + anomalies(transaction)
    }

    private static func anomalies(_ transaction: Transaction) -> [Due] {
        transaction.events.map { event in
            Due(
                body: .anomaly(
                    AnomalyRecord(
                        kind: .applayer, event: event.name.description.uppercased(), layer: "proto_parser",
                        appProtocol: event.appProtocol.name)), direction: event.direction)
        }
    }

    private static func files(
        _ transaction: Transaction, _ http: inout HTTPRecord?, _ configuration: borrowing PipelineConfiguration
    ) -> [Due] {
        var result: [Due] = []
        for direction in Direction.allCases {
            for file in transaction.files(direction) where !file.isOpen && !file.isLogged {
                file.isLogged = true
                if http == nil { http = (transaction as? HTTPTransaction).map { HTTPRecord($0, configuration.httpRecords) } }
                result.append(Due(body: .fileInfo(FileInfoRecord(file, transaction, http, configuration.records)), direction: direction))
            }
        }
        return result
    }
}

extension FileInfoRecord {
    init(_ file: TransferredFile, _ transaction: Transaction, _ http: HTTPRecord?, _ settings: RecordSettings) {
        self.init()
        name = file.name
        hasGaps = file.hasGaps
        state = file.state.rawValue.uppercased()
        size = file.size
        magic = file.kind.map { String(decoding: $0, as: UTF8.self) }
        transactionID = transaction.id
        md5 = file.recordedDigest(.md5).map(Printable.hex)
        sha1 = file.recordedDigest(.sha1).map(Printable.hex)
        sha256 = file.recordedDigest(.sha256).map(Printable.hex)
        range = file.range.map { ($0.first, $0.last) }
        self.http = http
        smtp = (transaction as? SMTPTransaction).map { SMTPRecord($0, settings.mail) }
        appProtocol = transaction.appProtocol.name
    }
}
