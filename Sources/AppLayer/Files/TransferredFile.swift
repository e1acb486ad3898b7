public import Wire

/// A file that travels in a transaction: a body, a part of a multipart body, an attachment.
///
/// Its bytes pass through; kept are a window for rules and the head for its magic.
public final class TransferredFile {
    /// As EVE's `fileinfo.state` names them, in lower case.
    public enum State: String, Sendable { case unknown, closed, truncated, error }

    public let direction: Direction
    /// File name as sent, or the path that it was asked for by.
    public internal(set) var name: [UInt8]
    public private(set) var state = State.unknown
    /// Bytes that have come, content codings undone.
    public private(set) var size: UInt64 = 0
    /// Some of the bytes never came by.
    public private(set) var hasGaps = false
    /// First and last byte and the size of the whole file, of a partial response (RFC 9110, section 14.4).
    public internal(set) var range: (raw: [UInt8], first: UInt64, last: UInt64, total: UInt64?)?
    /// The part that rules look into.
    public private(set) var window = BodyWindow()
    /// First bytes, by which the kind of file is told.
    public private(set) var head: [UInt8] = []
    /// Owned by the event log: the file's record has been written.
    public var isLogged = false
    private var digests: FileDigests
    private let magic: FileMagic?
    /// The outer nil: not asked for yet.
    private var knownKind: [UInt8]??
    /// Bytes by which the kind of a file that goes on is told.
    private static let kindBytes = 512
    /// Bytes of `head`.
    static let headBytes = 4096

    var heldBytes: Int { 512 + name.count + window.bytes.capacity + head.capacity }

    init(direction: Direction, name: [UInt8], digests: Set<FileDigests.Algorithm>, magic: FileMagic?) {
        self.direction = direction
        self.name = name
        self.digests = FileDigests(digests)
        self.magic = magic
    }

    /// What libmagic says of the file; nil when nobody asked for that, or too little has come to tell.
    public var kind: [UInt8]? {
        guard let magic, isKindSettled else { return nil }
        if knownKind == nil { knownKind = .some(magic.text(of: head)) }
        return knownKind ?? nil
    }

    var isKindSettled: Bool { magic == nil || !isOpen || head.count >= Self.kindBytes }

    /// The hash of the whole file; nil until it has come, when bytes are missing, or when nobody asked for it.
    public func digest(_ algorithm: FileDigests.Algorithm) -> [UInt8]? {
        state == .closed ? digests.value(algorithm) : nil
    }

    /// As `digest`; the SHA-256 also of what came of a file that is not whole.
    public func recordedDigest(_ algorithm: FileDigests.Algorithm) -> [UInt8]? {
        state == .truncated && algorithm == .sha256 ? digests.value(algorithm) : digest(algorithm)
    }

    public var isOpen: Bool { state == .unknown }

    func append(_ bytes: [UInt8]) {
        guard isOpen, !bytes.isEmpty else { return }
        size &+= UInt64(bytes.count)
        digests.update(bytes.span)
        if head.count < Self.headBytes { head += bytes.prefix(Self.headBytes - head.count) }
        window.bytes += bytes
    }

    /// Bytes are missing here: what follows is counted, and the file will be truncated.
    func skip(_ count: UInt64) {
        guard isOpen else { return }
        hasGaps = true
        size &+= count
        window.offset &+= count &+ UInt64(window.bytes.count)
        window.bytes = []
    }

    func close(_ reason: State = .closed) {
        guard isOpen else { return }
        state = hasGaps && reason == .closed ? .truncated : reason
        window.isComplete = true
    }

    func trim(to limit: Int) { window.trim(to: limit) }
}

extension BodyWindow {
    /// Lets go of what lies before the last `limit` bytes; not at every call, so that each byte moves once.
    mutating func trim(to limit: Int) {
        guard bytes.count > 2 * limit else { return }
        let count = bytes.count - limit
        bytes.removeFirst(count)
        offset &+= UInt64(count)
    }
}
