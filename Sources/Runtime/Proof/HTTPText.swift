import Wire

/// A plain HTTP/1.1 request in its parts, to be written in another way.
struct HTTPText: Sendable {
    struct Header: Sendable {
        var name: [UInt8]
        /// What stands between name and value.
        var separator: [UInt8] = [0x3a, 0x20]
        var value: [UInt8]
        var lineEnd: [UInt8] = [0x0d, 0x0a]

        init(_ name: String, _ value: String) {
            self.name = Array(name.utf8)
            self.value = Array(value.utf8)
        }

        init(name: [UInt8], separator: [UInt8], value: [UInt8]) {
            (self.name, self.separator, self.value) = (name, separator, value)
        }

        func isNamed(_ other: String) -> Bool {
            name.map(\.lowercasedASCII).elementsEqual(other.utf8)
        }
    }

    var method: [UInt8]
    var target: [UInt8]
    var version: [UInt8]
    var headers: [Header]
    var body: [UInt8]
    /// Those who get it run in a servlet container.
    let isJava: Bool

    /// nil for anything but a request line, headers with CR LF and a body of the announced length.
    init?(_ bytes: [UInt8], isJava: Bool = false) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = bytes[..<end.lowerBound].split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            line.last == 0x0d ? line.dropLast() : line
        }
        guard let first = lines.first, let gap = first.firstIndex(of: 0x20), let last = first.lastIndex(of: 0x20), gap < last else { return nil }
        method = Array(first[..<gap])
        target = Array(first[(gap + 1)..<last])
        version = Array(first[(last + 1)...])
        body = Array(bytes[end.upperBound...])
        self.isJava = isJava
        headers = []
        guard version == Array("HTTP/1.1".utf8), !target.isEmpty else { return nil }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: 0x3a) else { return nil }
            let value = line[(colon + 1)...].drop { $0 == 0x20 }
            headers.append(Header(name: Array(line[..<colon]), separator: Array(line[colon..<value.startIndex]), value: Array(value)))
        }
        let length = value("content-length").map { Int(String(decoding: $0, as: UTF8.self)) ?? -1 } ?? 0
        guard length == body.count, value("transfer-encoding") == nil else { return nil }
    }

    var bytes: [UInt8] { head + body }

    var head: [UInt8] {
        method + [0x20] + target + [0x20] + version + [0x0d, 0x0a]
            + headers.flatMap { $0.name + $0.separator + $0.value + $0.lineEnd } + [0x0d, 0x0a]
    }

    func value(_ name: String) -> [UInt8]? { headers.first { $0.isNamed(name) }?.value }

    func has(_ name: String, containing word: String) -> Bool {
        value(name)?.map(\.lowercasedASCII).firstRange(of: Array(word.utf8)) != nil
    }

    var path: ArraySlice<UInt8> { target.prefix { $0 != 0x3f } }
    /// With its question mark; empty when there is none.
    var query: ArraySlice<UInt8> { target[path.endIndex...] }

    func with(path: [UInt8]) -> HTTPText {
        var result = self
        result.target = path + query
        return result
    }

    func with(query: [UInt8]) -> HTTPText {
        var result = self
        result.target = path + query
        return result
    }

    /// Other headers are put in front of the first of the old ones that stay.
    func without(_ names: String...) -> HTTPText {
        var result = self
        result.headers.removeAll { header in names.contains { header.isNamed($0) } }
        return result
    }

    func adding(_ name: String, _ value: String) -> HTTPText {
        var result = self
        result.headers.append(Header(name, value))
        return result
    }

    func with(body: [UInt8]) -> HTTPText {
        var result = without("content-length").adding("Content-Length", "\(body.count)")
        result.body = body
        return result
    }

    /// The fields of a form, decoded; nil when the body is not one.
    var form: [(name: [UInt8], value: [UInt8])]? {
        guard has("content-type", containing: "application/x-www-form-urlencoded"), body.contains(0x3d), !body.contains(0x3c) else {
            return nil
        }
        return body.split(separator: 0x26).map { field in
            let name = field.prefix { $0 != 0x3d }
            return (Self.decoded(name), Self.decoded(field[name.endIndex...].dropFirst()))
        }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var at = text.startIndex
        while at < text.endIndex {
            if text[at] == 0x25, at + 2 < text.endIndex, let byte = [UInt8](hexadecimal: text[(at + 1)...(at + 2)])?.first {
                result.append(byte)
                at += 3
            } else {
                result.append(text[at] == 0x2b ? 0x20 : text[at])
                at += 1
            }
        }
        return result
    }

    /// Every byte but those in `keeping` as an escape; escapes that are there stay.
    static func percentEncoded(_ text: some Sequence<UInt8>, keeping kept: String, prefix: String = "%") -> [UInt8] {
        var result: [UInt8] = []
        // The two digits of an escape that is there.
        var digits = 0
        for byte in text {
            if byte == 0x25 { digits = 3 }
            if digits > 0 || kept.utf8.contains(byte) {
                result.append(byte)
                digits = max(0, digits - 1)
            } else {
                result += Array(prefix.utf8) + [byte].hexadecimal()
            }
        }
        return result
    }
}
