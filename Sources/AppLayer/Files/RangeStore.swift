public import Wire

/// Files that come as ranges, over several requests and connections (RFC 9110, section 14), put together again.
///
/// One for each worker; what a worker does not see it cannot put together. Bounded by bytes, files and time.
public final class RangeStore {
    struct Key: Hashable {
        let host: [UInt8]
        let target: [UInt8]
        let total: UInt64
    }

    /// Of the packet in hand.
    public var now = Timestamp(nanoseconds: 0)
    private let memcapBytes: Int
    private let timeoutNanoseconds: Int64
    private var files: [Key: PartialFile] = [:]
    private var heldBytes = 0
    private static let fileLimit = 1024

    public init(memcapBytes: Int, timeoutSeconds: Int) {
        self.memcapBytes = memcapBytes
        timeoutNanoseconds = Int64(timeoutSeconds) * 1_000_000_000
    }

    /// Bytes held, of all files.
    public var memoryUse: Int { heldBytes }

    /// Lets go of files to which nothing was added for the time set.
    public func expire() {
        guard !files.isEmpty else { return }
        for (key, file) in files where now.nanoseconds &- file.lastAddition.nanoseconds > timeoutNanoseconds { forget(key) }
    }

    /// - Parameter place: of the first byte in the file.
    /// - Returns: the whole file, once its last missing byte has come.
    func add(_ bytes: [UInt8], at place: UInt64, of key: Key) -> [UInt8]? {
        guard !bytes.isEmpty, key.total <= UInt64(memcapBytes), place < key.total,
            UInt64(bytes.count) <= key.total - place
        else { return nil }
        if files[key] == nil {
            expire()
            guard files.count < Self.fileLimit else { return nil }
            files[key] = PartialFile()
        }
        let added = files[key]?.insert(bytes[...], at: Int(place)) ?? 0
        files[key]?.lastAddition = now
        heldBytes += added
        guard heldBytes <= memcapBytes else {
            forget(key)
            return nil
        }
        guard let whole = files[key]?.whole(Int(key.total)) else { return nil }
        forget(key)
        return whole
    }

    private func forget(_ key: Key) { heldBytes -= files.removeValue(forKey: key)?.byteCount ?? 0 }
}

/// What has come of a file: pieces in order that do not overlap. They are joined once, when nothing is missing, so that
/// no byte is moved again for each that comes.
private struct PartialFile {
    private struct Piece {
        let start: Int
        var bytes: [UInt8]
        var end: Int { start + bytes.count }
    }

    var lastAddition = Timestamp(nanoseconds: 0)
    private(set) var byteCount = 0
    private var pieces: [Piece] = []
    private static let pieceLimit = 1024

    func whole(_ total: Int) -> [UInt8]? {
        guard byteCount == total else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(total)
        for piece in pieces { result += piece.bytes }
        return result
    }

    /// The first copy of a byte counts.
    ///
    /// - Returns: bytes that were not there.
    mutating func insert(_ bytes: ArraySlice<UInt8>, at place: Int) -> Int {
        var (bytes, place, added) = (bytes, place, 0)
        var index = pieces.firstIndex { $0.end >= place } ?? pieces.count
        while !bytes.isEmpty {
            guard index < pieces.count, pieces[index].start <= place else {
                guard pieces.count < Self.pieceLimit else { break }
                pieces.insert(Piece(start: place, bytes: []), at: index)
                continue
            }
            let known = min(max(0, pieces[index].end - place), bytes.count)
            bytes = bytes.dropFirst(known)
            place += known
            let next = index + 1 < pieces.count ? pieces[index + 1].start : Int.max
            let taken = bytes.prefix(max(0, next - place))
            pieces[index].bytes += taken
            bytes = bytes.dropFirst(taken.count)
            place += taken.count
            added += taken.count
            index += 1
        }
        byteCount += added
        return added
    }
}
