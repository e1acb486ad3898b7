import AppLayer
import Events

extension SSHRecord {
    init(_ transaction: SSHTransaction) { self.init(client: Side(transaction.client), server: Side(transaction.server)) }
}

extension SSHRecord.Side {
    /// nil before the side's banner.
    fileprivate init?(_ side: SSHTransaction.Side) {
        guard !side.protocolVersion.isEmpty else { return nil }
        self.init(
            protocolVersion: side.protocolVersion, software: side.software, fingerprint: side.fingerprint,
            algorithms: side.algorithms)
    }
}
