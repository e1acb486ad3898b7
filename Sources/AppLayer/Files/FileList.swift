import Wire

/// The files of one message, in the order in which they begin.
struct FileList {
    /// Files that are told apart; what comes in further ones counts to the last.
    private static let limit = 256
    private(set) var files: [TransferredFile] = []
    private let direction: Direction
    private let digests: Set<FileDigests.Algorithm>
    private let magic: FileMagic?

    init(direction: Direction, digests: Set<FileDigests.Algorithm>, magic: FileMagic?) {
        self.direction = direction
        self.digests = digests
        self.magic = magic
    }

    var heldBytes: Int { files.reduce(0) { $0 + $1.heldBytes } }

    mutating func begin(name: [UInt8]) {
        guard files.count < Self.limit else { return }
        files.append(TransferredFile(direction: direction, name: name, digests: digests, magic: magic))
    }

    func append(_ bytes: [UInt8]) { files.last?.append(bytes) }

    /// The last file is whole.
    func end() { if files.count < Self.limit { files.last?.close() } }

    func close(_ state: TransferredFile.State) { for file in files { file.close(state) } }

    func skip(_ count: UInt64) { files.last?.skip(count) }

    func trim(to limit: Int) { for file in files { file.trim(to: file.isOpen ? limit : 0) } }

    /// `file.data`, `file.name` and `file.magic` of the file with that number.
    func buffer(_ buffer: Buffer, _ index: Int) -> BufferView? {
        guard let file = files.element(index) else { return nil }
        switch buffer {
        case .fileName: return BufferView(bytes: file.name)
        case .fileMagic: return file.kind.map { BufferView(bytes: $0) }
        case .fileData:
            return BufferView(bytes: file.window.bytes, offset: file.window.offset, isComplete: file.window.isComplete)
        default: return nil
        }
    }

    /// `filesize` of the file with that number, once it is whole.
    func size(_ index: Int) -> UInt64? { files.element(index).flatMap { $0.isOpen ? nil : $0.size } }
}
