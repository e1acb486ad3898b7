import Wire

/// A request target as servers read it, so that one spelling in a rule finds all of them: percent
/// and %u escapes, backslashes, doubled slashes and dot segments (RFC 3986, section 5.2.4) in the path;
/// escapes in the query. Servers differ; where one of them decodes, so does this.
enum URINormaliser {
    /// - Parameter isDoubleEncoded: set when an escape brought another one to light.
    static func normalise(
        _ target: [UInt8], doubleDecodesPath: Bool, doubleDecodesQuery: Bool, isDoubleEncoded: inout Bool
    ) -> [UInt8] {
        let target = withoutOrigin(target)
        let queryStart = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
        var path = decode(Array(target[..<queryStart]))
        if doubleDecodesPath { path = decodedOnceMore(path, &isDoubleEncoded) }
        path = removeDotSegments(fold(path))
        var query = decode(Array(target[queryStart...]))
        if doubleDecodesQuery { query = decodedOnceMore(query, &isDoubleEncoded) }
        return path + query
    }

    private static func decodedOnceMore(_ bytes: [UInt8], _ isDoubleEncoded: inout Bool) -> [UInt8] {
        let again = decode(bytes)
        if again.count != bytes.count { isDoubleEncoded = true }
        return again
    }

    /// Host and port of an absolute target, nil for the other forms.
    static func authority(_ target: [UInt8]) -> [UInt8]? {
        guard let start = authorityStart(target) else { return nil }
        let end = target[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? target.count
        var authority = target[start..<end]
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) { authority = authority[(at + 1)...] }
        return Array(authority)
    }

    private static func authorityStart(_ target: [UInt8]) -> Int? {
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 2 < target.count,
            target[colon + 1] == UInt8(ascii: "/"), target[colon + 2] == UInt8(ascii: "/"),
            target[..<colon].allSatisfy({ $0.lowercasedASCII &- 0x61 < 26 })
        else { return nil }
        return colon + 3
    }

    private static func withoutOrigin(_ target: [UInt8]) -> [UInt8] {
        guard let start = authorityStart(target) else { return target }
        guard let slash = target[start...].firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return [UInt8(ascii: "/")]
        }
        return Array(target[slash...])
    }

    /// `%XX` and `%uXXXX`; an escape that is not one stays as it is.
    static func decode(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: "%")) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            if index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) {
                result.append(high << 4 | low)
                index += 3
            } else if index + 5 < bytes.count, bytes[index + 1] | 0x20 == UInt8(ascii: "u"),
                let code = codePoint(bytes[(index + 2)..<(index + 6)])
            {
                appendBestFit(code, to: &result)
                index += 6
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    private static func codePoint(_ digits: ArraySlice<UInt8>) -> UInt16? {
        var code: UInt16 = 0
        for byte in digits {
            guard let digit = digit(byte) else { return nil }
            code = code << 4 | UInt16(digit)
        }
        return code
    }

    /// Full-width forms (U+FF01 to U+FF5E) stand for ASCII on servers that fold; the rest is UTF-8.
    private static func appendBestFit(_ code: UInt16, to result: inout [UInt8]) {
        switch code {
        case 0...0xff: result.append(UInt8(code))
        case 0xff01...0xff5e: result.append(UInt8(truncatingIfNeeded: code &- 0xfee0))
        case 0x2215, 0x2044: result.append(UInt8(ascii: "/"))
        case 0x2216: result.append(UInt8(ascii: "/"))
        case 0x100...0x7ff: result += [UInt8(0xc0 | code >> 6), UInt8(0x80 | code & 0x3f)]
        default: result += [UInt8(0xe0 | code >> 12), UInt8(0x80 | code >> 6 & 0x3f), UInt8(0x80 | code & 0x3f)]
        }
    }

    /// Backslashes and overlong UTF-8 forms of `/`, `.` and `\` become what they stand for; slashes once.
    private static func fold(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            var byte = path[index]
            if byte == 0xc0 || byte == 0xc1, index + 1 < path.count, path[index + 1] & 0xc0 == 0x80 {
                byte = (byte & 1) << 6 | path[index + 1] & 0x3f
                index += 1
            } else if byte == 0xe0, index + 2 < path.count, path[index + 1] & 0xfe == 0x80, path[index + 2] & 0xc0 == 0x80 {
                byte = (path[index + 1] & 1) << 6 | path[index + 2] & 0x3f
                index += 2
            }
            if byte == UInt8(ascii: "\\") { byte = UInt8(ascii: "/") }
            if byte != UInt8(ascii: "/") || result.last != byte { result.append(byte) }
            index += 1
        }
        return result
    }

    private static func removeDotSegments(_ path: [UInt8]) -> [UInt8] {
        guard path.contains(UInt8(ascii: ".")), path.first == UInt8(ascii: "/") else { return path }
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var kept: [ArraySlice<UInt8>] = []
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            if segment.elementsEqual([0x2e]) {
                if isLast { kept.append([]) }
            } else if segment.elementsEqual([0x2e, 0x2e]) {
                _ = kept.popLast()
                if isLast { kept.append([]) }
            } else {
                kept.append(segment)
            }
        }
        return [0x2f] + kept.joined(separator: [0x2f])
    }
}
