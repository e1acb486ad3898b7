import Wire

/// Reads `multipart/form-data` piece by piece (RFC 7578) and tells where its files are.
///
/// A part is a file when its Content-Disposition has a file name. Lenient on line ends, as servers are.
struct MultipartReader {
    enum Piece: Equatable {
        case fileBegins(name: [UInt8])
        case data([UInt8])
        case fileEnds
        /// The form is not built as it should be; by the name of Suricata's event.
        case problem(StaticName)
    }

    private enum State { case preamble, headers, part, end }

    private let delimiter: [UInt8]
    private var state = State.preamble
    private var held: [UInt8] = []
    private var isFile = false
    private var hasData = false
    /// A header block longer than this is no header block.
    private static let headersLimit = 8192

    var heldBytes: Int { held.count }

    /// - Parameter contentType: the value of the message's Content-Type; nil is returned when it is not multipart.
    init?(contentType: [UInt8]) {
        guard contentType.containsIgnoringCase("multipart/form-data"),
            let boundary = HeaderParameter.value("boundary", in: contentType), !boundary.isEmpty, boundary.count <= 256
        else { return nil }
        delimiter = Array("--".utf8) + boundary
    }

    /// What `bytes` bring, in order.
    mutating func read(_ bytes: [UInt8]) -> [Piece] {
        held += bytes
        var pieces: [Piece] = []
        while step(&pieces) {}
        return pieces
    }

    /// The body ended, with the last file still open.
    mutating func finish() -> [Piece] {
        defer { state = .end }
        if state == .headers { return [.problem("multipart_generic_error")] }
        guard state == .part, isFile, !held.isEmpty else { return [] }
        defer { held = [] }
        return [.data(held)]
    }

    private mutating func step(_ pieces: inout [Piece]) -> Bool {
        switch state {
        case .preamble:
            guard let place = held.firstIndex(of: delimiter) else {
                held.removeFirst(max(0, held.count - delimiter.count))
                return false
            }
            return takeDelimiter(at: place, &pieces)
        case .headers: return takeHeaders(&pieces)
        case .part: return takeData(&pieces)
        case .end:
            held = []
            return false
        }
    }

    /// After a delimiter: `--` ends the body, anything else begins a part.
    private mutating func takeDelimiter(at place: Int, _ pieces: inout [Piece]) -> Bool {
        let after = place + delimiter.count
        guard held.count >= after + 2 else { return false }
        let isLast = held[after] == UInt8(ascii: "-") && held[after + 1] == UInt8(ascii: "-")
        if !isLast, held[after] != 0x0d, held[after] != 0x0a, held[after] != 0x20, held[after] != 0x09 {
            pieces.append(.problem("multipart_generic_error"))
        }
        held.removeFirst(after)
        state = isLast ? .end : .headers
        return true
    }

    private mutating func takeHeaders(_ pieces: inout [Piece]) -> Bool {
        guard let end = Self.headerEnd(held) else {
            guard held.count <= Self.headersLimit else {
                pieces.append(.problem("multipart_invalid_header"))
                state = .part
                isFile = false
                return true
            }
            return false
        }
        let block = Array(held[..<end])
        if block.firstIndex(of: delimiter) != nil { pieces.append(.problem("multipart_generic_error")) }
        let disposition = Self.disposition(block)
        if disposition == nil { pieces.append(.problem("multipart_invalid_header")) }
        let name = disposition.flatMap { HeaderParameter.value("filename", in: $0) }
        held.removeFirst(end)
        isFile = name != nil
        hasData = false
        state = .part
        if let name { pieces.append(.fileBegins(name: name)) }
        return true
    }

    private mutating func takeData(_ pieces: inout [Piece]) -> Bool {
        guard let place = held.firstIndex(of: delimiter) else {
            // A delimiter and the line end before it may still be coming.
            let safe = held.count - delimiter.count - 1
            guard safe > 0 else { return false }
            if isFile { pieces.append(.data(Array(held[..<safe]))) }
            hasData = true
            held.removeFirst(safe)
            return false
        }
        guard held.count >= place + delimiter.count + 2 else { return false }
        var end = place
        if end > 0, held[end - 1] == 0x0a { end -= 1 }
        if end > 0, held[end - 1] == 0x0d { end -= 1 }
        if isFile {
            if end > 0 { pieces.append(.data(Array(held[..<end]))) } else if !hasData { pieces.append(.problem("multipart_no_filedata")) }
            pieces.append(.fileEnds)
        }
        isFile = false
        return takeDelimiter(at: place, &pieces)
    }

    /// Index after the empty line that ends a header block.
    private static func headerEnd(_ bytes: [UInt8]) -> Int? {
        var lineStart = 0
        for (index, byte) in bytes.enumerated() where byte == 0x0a {
            let line = bytes[lineStart..<index]
            // The rest of the delimiter's own line is no header.
            if lineStart > 0, line.isEmpty || line.elementsEqual([0x0d]) { return index + 1 }
            lineStart = index + 1
        }
        return nil
    }

    /// The value of Content-Disposition.
    private static func disposition(_ headers: [UInt8]) -> [UInt8]? {
        for line in headers.split(separator: 0x0a) {
            let line = Array(line)
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                Array(line[..<colon]).trimmingSpace.isEqualIgnoringCase("content-disposition")
            else { continue }
            return Array(line[(colon + 1)...])
        }
        return nil
    }
}

/// Parameters of header values (RFC 9110, section 5.6.6).
enum HeaderParameter {
    /// - Parameter name: in lower case.
    /// - Returns: the value of `; name=value` or `; name="value"`; nil when there is none.
    static func value(_ name: String, in header: [UInt8]) -> [UInt8]? {
        for part in pieces(header).dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
                part[..<equals].trimmingSpace.map(\.lowercasedASCII).elementsEqual(name.utf8)
            else { continue }
            return unquoted(Array(part[(equals + 1)...]).trimmingSpace)
        }
        return nil
    }

    /// Parts between semicolons outside quotes.
    private static func pieces(_ header: [UInt8]) -> [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var start = 0
        var isQuoted = false
        for (index, byte) in header.enumerated() {
            if byte == UInt8(ascii: "\""), index == 0 || header[index - 1] != UInt8(ascii: "\\") { isQuoted.toggle() }
            if byte == UInt8(ascii: ";"), !isQuoted {
                result.append(header[start..<index])
                start = index + 1
            }
        }
        result.append(header[start...])
        return result
    }

    private static func unquoted(_ value: [UInt8]) -> [UInt8] {
        guard value.first == UInt8(ascii: "\"") else { return value }
        var result: [UInt8] = []
        var isEscaped = false
        for byte in value.dropFirst() {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else if byte == UInt8(ascii: "\""), !isEscaped {
                break
            } else {
                result.append(byte)
                isEscaped = false
            }
        }
        return result
    }
}

extension [UInt8] {
    /// Where `pattern` begins first.
    func firstIndex(of pattern: [UInt8]) -> Int? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        var index = 0
        while index <= count - pattern.count {
            if self[index] == first, self[index..<index + pattern.count].elementsEqual(pattern) { return index }
            index += 1
        }
        return nil
    }
}
