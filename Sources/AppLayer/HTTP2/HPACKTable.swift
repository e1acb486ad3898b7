/// The header fields that a block refers to by number (RFC 7541, section 2.3): the static ones, then the
/// dynamic ones, newest first.
struct HPACKTable {
    private var entries: [HTTPMessage.Header] = []
    /// Entries before it have been evicted.
    private var oldest = 0
    private(set) var size = 0
    private(set) var capacity = 4096
    /// RFC 7541, section 4.1.
    private static let entryOverhead = 32

    /// nil for a number that no field has.
    subscript(number: UInt64) -> HTTPMessage.Header? {
        guard number >= 1 else { return nil }
        if number <= UInt64(Self.fixed.count) { return Self.fixed[Int(number) - 1] }
        let age = number - UInt64(Self.fixed.count) - 1
        guard age < UInt64(entries.count - oldest) else { return nil }
        return entries[entries.count - 1 - Int(age)]
    }

    /// RFC 7541, section 4.4: a field that is larger than the table empties it.
    mutating func insert(_ field: HTTPMessage.Header) {
        let needed = field.name.count + field.value.count + Self.entryOverhead
        evict(to: max(0, capacity - needed))
        guard needed <= capacity else { return }
        entries.append(field)
        size += needed
    }

    mutating func resize(_ capacity: Int) {
        self.capacity = capacity
        evict(to: capacity)
    }

    private mutating func evict(to limit: Int) {
        while size > limit, oldest < entries.count {
            size -= entries[oldest].name.count + entries[oldest].value.count + Self.entryOverhead
            entries[oldest] = HTTPMessage.Header(name: [], value: [])
            oldest += 1
        }
        guard oldest > 64, oldest > entries.count / 2 else { return }
        entries.removeFirst(oldest)
        oldest = 0
    }

    /// RFC 7541, appendix A.
    private static let fixed: [HTTPMessage.Header] = names.map { name, value in
        HTTPMessage.Header(name: Array(name.utf8), value: Array(value.utf8))
    }

    private static let names: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""),
        ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""),
        ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
        ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
        ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
        ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""),
        ("retry-after", ""), ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""),
        ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]
}
