import AppLayer
import Events
import Wire

/// The records that a transaction is due as far as it has come, each once.
enum TransactionRecords {
    static func due(_ transaction: Transaction) -> [Event.Body] {
        switch transaction {
        case let http as HTTPTransaction: due(http)
        default: []
        }
    }

    private static func due(_ transaction: HTTPTransaction) -> [Event.Body] {
        guard transaction.isComplete(.toServer), transaction.isComplete(.toClient) else { return [] }
        transaction.logged = (true, true)
        var bodies: [Event.Body] = []
        if !transaction.request.first.isEmpty || !transaction.response.first.isEmpty {
            bodies.append(.http(HTTPRecord(transaction)))
        }
        return bodies + anomalies(transaction)
    }

    private static func anomalies(_ transaction: Transaction) -> [Event.Body] {
        transaction.events.map { event in
            .anomaly(
                AnomalyRecord(
                    kind: .applayer, event: event.name.description, layer: "proto_parser",
                    appProtocol: event.appProtocol.name))
        }
    }
}
