import Wire

/// What looks like the first line of a message.
extension HTTPLines {
    enum Beginning { case message, other, undecided }

    /// `bytes` begin a line where the framing is lost: a version, or a method that servers know and a target. No more
    /// bytes than this takes are held back from inspection.
    static func beginning(_ bytes: [UInt8], _ direction: Direction) -> Beginning {
        if direction == .toClient {
            guard isVersionPrefix(bytes) else { return .other }
            return bytes.count < versionPrefix.count ? .undecided : .message
        }
        let method = bytes.prefix { isMethodByte($0) }
        guard method.count < bytes.count else { return method.count <= 16 ? .undecided : .other }
        guard bytes[method.count] == 0x20, HTTPMethods.isKnown(method) else { return .other }
        guard bytes.count > method.count + 1 else { return .undecided }
        let target = bytes[method.count + 1]
        return [0x2f, 0x2a, 0x68, 0x48].contains(target) ? .message : .other
    }

    /// A line behind a whole message may be the first of the next one, as far as it has come.
    static func mayBegin(_ line: Span<UInt8>, _ direction: Direction) -> Bool {
        guard !isBlank(line) else { return false }
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        if direction == .toClient { return mayBeStatusLine(bytes) }
        let text = bytes.trimmingSpace
        let method = text.prefix { $0 > 0x20 }
        guard method.allSatisfy(isMethodByte) else { return false }
        return bytes.last != 0x0a || HTTPMethods.isKnown(method) || isRequestLine(bytes)
    }

    /// `METHOD target HTTP/1.1`
    static func isRequestLine(_ line: [UInt8]) -> Bool {
        let words = line.split(whereSeparator: { $0 <= 0x20 })
        guard words.count >= 2, let first = words.first, let last = words.last else { return false }
        return first.allSatisfy(isMethodByte) && last.starts(with: versionPrefix)
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
}

/// Methods that HTTP servers know (RFC 9110, section 9, and the IANA registry).
enum HTTPMethods {
    static func isKnown(_ method: some Sequence<UInt8>) -> Bool { names.contains(String(decoding: Array(method), as: UTF8.self)) }

    private static let names: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL",
        "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "PURGE", "DEBUG", "TRACK", "LINK", "UNLINK", "MERGE",
        "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE", "LABEL", "MKWORKSPACE", "MKACTIVITY", "VERSION-CONTROL",
        "BASELINE-CONTROL", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE",
    ]
}
