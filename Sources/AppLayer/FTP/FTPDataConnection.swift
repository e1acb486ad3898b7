import Wire

/// FTP's data connection: one file, which the control connection has named.
final class FTPDataConnection: ProtocolParser {
    private let transaction: FTPDataTransaction
    private var isOpen = true

    init(_ transfer: FTPTransfer, limits: AppLayerLimits) {
        transaction = FTPDataTransaction(transfer, limits: limits)
        super.init(appProtocol: .ftpData)
    }

    override var transactions: [Transaction] { isOpen ? [transaction] : [] }
    override var transactionCount: UInt64 { 1 }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        var bytes: [UInt8] = []
        bytes.append(copying: chunk)
        transaction.take(bytes, direction)
    }

    override func skipGap(length: UInt64, direction: Direction) { transaction.skip(length, direction) }
    override func finish(_ direction: Direction) { transaction.end(direction) }

    override func finishInspection() {
        transaction.hasProgressed = false
        transaction.discardInspected()
        if transaction.isComplete(.toServer), transaction.isComplete(.toClient) { isOpen = false }
    }
}
