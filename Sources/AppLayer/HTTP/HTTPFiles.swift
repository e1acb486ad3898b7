import Wire

/// The files of one message: its body, or the parts of a multipart request.
struct HTTPFiles {
    private(set) var files: [TransferredFile] = []
    private var multipart: MultipartReader?
    private(set) var isMultipart = false
    let digests: Set<FileDigests.Algorithm>
    let magic: FileMagic?
    /// Parts with a file name that are followed; further ones are looked at as body only.
    private static let limit = 64
    /// Bytes of a name, of which no file system takes more.
    private static let nameLimit = 4096

    init(digests: Set<FileDigests.Algorithm>, magic: FileMagic?) {
        self.digests = digests
        self.magic = magic
    }

    var heldBytes: Int { files.reduce(multipart?.heldBytes ?? 0) { $0 + $1.heldBytes } }

    /// The headers are there.
    mutating func begin(_ transaction: HTTPTransaction, _ direction: Direction) {
        guard direction == .toServer, let type = transaction.request.value("content-type") else { return }
        multipart = MultipartReader(contentType: type)
        isMultipart = multipart != nil
    }

    mutating func take(_ bytes: [UInt8], of transaction: HTTPTransaction, _ direction: Direction) {
        guard !bytes.isEmpty else { return }
        if var reader = multipart {
            let pieces = reader.read(bytes)
            multipart = reader
            for piece in pieces { take(piece, of: transaction, direction) }
            return
        }
        if files.isEmpty {
            guard direction == .toClient || Self.carriesFile(transaction.request) else { return }
            files.append(file(transaction, direction))
        }
        let place = files[0].size
        files[0].append(bytes)
        if let range = files[0].range { collect(bytes, at: place, range, of: transaction, direction) }
    }

    /// The bytes of a range go to where the whole file is put together; where they complete it, it is one of this message's.
    private mutating func collect(
        _ bytes: [UInt8], at place: UInt64, _ range: (raw: [UInt8], first: UInt64, last: UInt64, total: UInt64?),
        of transaction: HTTPTransaction, _ direction: Direction
    ) {
        guard let ranges = transaction.ranges, let total = range.total, range.last - range.first < total - 1,
            place &+ UInt64(bytes.count) <= range.last - range.first + 1, transaction.response.value("content-encoding") == nil
        else { return }
        let key = RangeStore.Key(
            host: (transaction.hostname ?? []).map(\.lowercasedASCII), target: transaction.uri, total: total)
        guard let whole = ranges.add(bytes, at: range.first + place, of: key) else { return }
        let file = TransferredFile(direction: direction, name: files[0].name, digests: digests, magic: magic)
        file.append(whole)
        file.close()
        files.append(file)
    }

    private mutating func take(_ piece: MultipartReader.Piece, of transaction: HTTPTransaction, _ direction: Direction) {
        switch piece {
        case .fileBegins(let name):
            guard files.count < Self.limit else { return }
            let name = Self.cut(name, transaction, direction)
            files.append(TransferredFile(direction: direction, name: name, digests: digests, magic: magic))
        case .data(let bytes): files.last?.append(bytes)
        case .fileEnds: files.last?.close()
        case .problem(let event): if transaction.appProtocol == .http1 { transaction.add(event, direction) }
        }
    }

    private func file(_ transaction: HTTPTransaction, _ direction: Direction) -> TransferredFile {
        let name = Self.cut(Self.name(transaction, direction), transaction, direction)
        let file = TransferredFile(direction: direction, name: name, digests: digests, magic: magic)
        if direction == .toClient { file.range = Self.range(transaction.response) }
        return file
    }

    private static func cut(_ name: [UInt8], _ transaction: HTTPTransaction, _ direction: Direction) -> [UInt8] {
        guard name.count > nameLimit else { return name }
        if transaction.appProtocol == .http1 { transaction.add("file_name_too_long", direction) }
        return Array(name.prefix(nameLimit))
    }

    mutating func skip(_ count: UInt64, of transaction: HTTPTransaction, _ direction: Direction) {
        if files.isEmpty, multipart == nil, direction == .toClient || Self.carriesFile(transaction.request) {
            files.append(file(transaction, direction))
        }
        (multipart == nil ? files.first : files.last)?.skip(count)
    }

    mutating func finish(_ state: TransferredFile.State, of transaction: HTTPTransaction, _ direction: Direction) {
        if var reader = multipart {
            for piece in reader.finish() { take(piece, of: transaction, direction) }
            multipart = reader
        }
        for file in files { file.close(state) }
    }

    private static func carriesFile(_ request: HTTPMessage) -> Bool {
        request.first == Array("POST".utf8) || request.first == Array("PUT".utf8)
    }

    /// From Content-Disposition, else the path that was asked for.
    private static func name(_ transaction: HTTPTransaction, _ direction: Direction) -> [UInt8] {
        let message = transaction.message(direction)
        if let disposition = message.value("content-disposition"),
            let name = HeaderParameter.value("filename", in: disposition), !name.isEmpty
        {
            return name
        }
        return Array(transaction.uri.prefix { $0 != UInt8(ascii: "?") })
    }

    /// `bytes 500-1000/146515`
    static func range(
        _ response: HTTPMessage
    ) -> (raw: [UInt8], first: UInt64, last: UInt64, total: UInt64?)? {
        guard let raw = response.value("content-range") else { return nil }
        let text = String(decoding: raw, as: UTF8.self)
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "-" || $0 == "/" })
        guard parts.count >= 4, parts[0].lowercased() == "bytes", let first = UInt64(parts[1]), let last = UInt64(parts[2]),
            first <= last
        else { return nil }
        let total = UInt64(parts[3])
        guard total.map({ last < $0 }) ?? (parts[3] == "*") else { return nil }
        return (raw, first, last, total)
    }

    /// Neither a range nor the size of a file of which none can be had (`bytes */146515`).
    static func hasInvalidRange(_ response: HTTPMessage) -> Bool {
        guard let raw = response.value("content-range"), range(response) == nil else { return false }
        let parts = raw.split(whereSeparator: { $0 == 0x20 || $0 == UInt8(ascii: "/") })
        guard parts.count == 3, Array(parts[0]).isEqualIgnoringCase("bytes"), parts[1] == [UInt8(ascii: "*")] else { return true }
        return UInt64(String(decoding: parts[2], as: UTF8.self)) == nil
    }
}
