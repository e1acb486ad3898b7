public import Wire

/// The transfer of a file. Which way it goes is told by what comes: the server may have made the connection.
public final class FTPDataTransaction: Transaction {
    public let transfer: FTPTransfer
    private static let window = 64 * 1024
    private var lists: (FileList, FileList)
    private var hasEnded = (false, false)

    init(_ transfer: FTPTransfer, limits: AppLayerLimits) {
        self.transfer = transfer
        func list(_ direction: Direction) -> FileList {
            FileList(direction: direction, digests: limits.fileDigests, magic: limits.fileMagic)
        }
        lists = (list(.toServer), list(.toClient))
        super.init(id: 0, appProtocol: .ftpData)
    }

    private func list(_ direction: Direction) -> FileList { direction == .toServer ? lists.0 : lists.1 }

    private func begin(_ direction: Direction) {
        hasProgressed = true
        guard list(direction).files.isEmpty else { return }
        if direction == .toServer { lists.0.begin(name: transfer.name) } else { lists.1.begin(name: transfer.name) }
    }

    func take(_ bytes: [UInt8], _ direction: Direction) {
        begin(direction)
        list(direction).append(bytes)
    }

    func skip(_ count: UInt64, _ direction: Direction) {
        begin(direction)
        list(direction).skip(count)
    }

    func end(_ direction: Direction) {
        if direction == .toServer { hasEnded.0 = true } else { hasEnded.1 = true }
        hasProgressed = true
        list(direction).close(.closed)
    }

    public override func files(_ direction: Direction) -> [TransferredFile] { list(direction).files }

    public override var heldBytes: Int { super.heldBytes + lists.0.heldBytes + lists.1.heldBytes }

    public override func progress(_ direction: Direction) -> UInt8 {
        (direction == .toServer ? hasEnded.0 : hasEnded.1) ? .max : 0
    }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool {
        if isComplete(direction) { return true }
        switch buffer {
        case .fileName: return !files(direction).isEmpty
        case .fileMagic: return files(direction).first?.isKindSettled == true
        default: return false
        }
    }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        list(direction).buffer(buffer, index)
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        switch number {
        case .fileSize: list(direction).size(index)
        // Only where the file goes, so that a rule holds once.
        case .ftpDataCommand where index == 0 && !files(direction).isEmpty: transfer.isUpload ? 2 : 1
        default: nil
        }
    }

    override func discardInspected() {
        lists.0.trim(to: Self.window)
        lists.1.trim(to: Self.window)
    }
}
