import Wire

extension HTTPConnection {
    /// Header lines that are as they should be are nearly all of them, and are read where they lie: whole, with a
    /// name of letters, digits, `-` and `_`, ended by CR LF and without another CR. What any other line means is
    /// `takeLine`'s to tell.
    ///
    /// - Returns: where the first other line begins; `start` when that is there.
    func takePlainHeaders(_ chunk: Span<UInt8>, from start: Int, _ direction: Direction) -> Int {
        guard sides[direction.index].line.isEmpty, let message = current(direction)?.message(direction) else {
            return start
        }
        var headers: [HTTPMessage.Header] = []
        swap(&headers, &message.headers)
        if headers.isEmpty { headers.reserveCapacity(12) }
        let furthest = start + 4 * limits.httpLineLimit - message.rawHeaders.count
        var at = start
        while headers.count < limits.httpHeaderCountLimit, let line = PlainHeaderLine(chunk, from: at),
            line.end <= furthest, line.end - at <= limits.httpLineLimit
        {
            var header = HTTPMessage.Header(name: [], value: [])
            header.name.append(copying: chunk.extracting(at..<line.colon))
            header.value.append(copying: chunk.extracting(line.value))
            headers.append(header)
            at = line.end
        }
        swap(&headers, &message.headers)
        if at > start { message.rawHeaders.append(copying: chunk.extracting(start..<at)) }
        return at
    }
}

/// Where the parts of a header line lie; nil for one that is cut, folded or unusual in any way.
private struct PlainHeaderLine {
    let colon: Int
    /// Without the blanks around it.
    let value: Range<Int>
    let end: Int

    init?(_ chunk: Span<UInt8>, from start: Int) {
        var at = start
        while at < chunk.count, Self.isNameByte(chunk[at]) { at += 1 }
        guard at > start, at < chunk.count, chunk[at] == UInt8(ascii: ":") else { return nil }
        colon = at
        at += 1
        while at < chunk.count, Self.isBlank(chunk[at]) { at += 1 }
        let first = at
        var last = at
        while at < chunk.count, chunk[at] != 0x0d, chunk[at] != 0x0a {
            if !Self.isBlank(chunk[at]) { last = at + 1 }
            at += 1
        }
        guard at + 1 < chunk.count, chunk[at] == 0x0d, chunk[at + 1] == 0x0a else { return nil }
        value = first..<last
        end = at + 2
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
