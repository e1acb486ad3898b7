import AppLayer
import Wire

extension TransformOperation {
    /// nil when these bytes can't be transformed.
    func apply(to bytes: [UInt8], _ scratch: PCREScratch) -> [UInt8]? {
        switch self {
        case .lowercase: bytes.map(\.lowercasedASCII)
        case .uppercase: bytes.map { $0 &- 0x61 < 26 ? $0 & 0xdf : $0 }
        case .stripWhitespace: bytes.filter { !Self.isSpace($0) }
        case .compressWhitespace: Self.compressed(bytes)
        case .dotPrefix: [0x2e] + bytes
        case .urlDecode: Self.decoded(bytes)
        case .lowercaseNames: Self.lowercasedNames(bytes)
        case .stripPseudoHeaders: Self.withoutPseudoHeaders(bytes)
        case .digest(.md5): Digest<MD5>.of(bytes)
        case .digest(.sha1): Digest<SHA1>.of(bytes)
        case .digest(.sha256): Digest<SHA256>.of(bytes)
        case .xor(let key): bytes.enumerated().map { $0.element ^ key[$0.offset % key.count] }
        case .xorWithKeyAt(let place, let offset): Self.xored(bytes, place, offset)
        case .pcre(let expression): expression.firstGroup(in: bytes.span, scratch: scratch).map { Array(bytes[$0]) } ?? bytes
        case .base64(let offset, let count, let mode): Self.fromBase64(bytes, offset, count, mode)
        case .decompress(let format, let limit): ContentDecoder.inflate(bytes, format, limit: limit)
        case .domain(let list): list.domain(of: bytes)
        case .publicSuffix(let list): list.suffix(of: bytes)
        case .slice(let offset, let count, let truncates): Self.sliced(bytes, offset, count, truncates)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes where !isSpace(byte) || result.last.map(isSpace) != true { result.append(byte) }
        return result
    }

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        decode(bytes[...], isComplete: true, into: &result)
        return result
    }

    /// - Parameter isComplete: an escape that the end cuts stands for itself; else it is left for later.
    /// - Returns: how many bytes were taken.
    @discardableResult
    static func decode(_ bytes: ArraySlice<UInt8>, isComplete: Bool, into result: inout [UInt8]) -> Int {
        if result.isEmpty { result.reserveCapacity(bytes.count) }
        var plain = bytes.startIndex
        var index = plain
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") else {
                index += 1
                continue
            }
            if byte == UInt8(ascii: "%"), !isComplete, isCut(bytes[index...]) { break }
            result += bytes[plain..<index]
            if byte == UInt8(ascii: "+") {
                result.append(0x20)
                index += 1
            } else if index + 2 < bytes.endIndex, let high = bytes[index + 1].hexadecimalDigit,
                let low = bytes[index + 2].hexadecimalDigit
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(byte)
                index += 1
            }
            plain = index
        }
        result += bytes[plain..<index]
        return index - bytes.startIndex
    }

    /// A beginning of an escape, which more bytes could complete.
    private static func isCut(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.count < 3 && rest.dropFirst().allSatisfy { $0.hexadecimalDigit != nil }
    }

    private static func lowercasedNames(_ bytes: [UInt8]) -> [UInt8] {
        var isName = true
        return bytes.map { byte in
            if byte == 0x0a { isName = true } else if byte == UInt8(ascii: ":") { isName = false }
            return isName ? byte.lowercasedASCII : byte
        }
    }

    /// HTTP/2's `:method` and its like.
    private static func withoutPseudoHeaders(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count
            if bytes[start] != UInt8(ascii: ":") { result += bytes[start..<end] }
            start = end
        }
        return result
    }

    private static func xored(_ bytes: [UInt8], _ place: Range<Int>, _ offset: Int) -> [UInt8]? {
        guard place.upperBound <= bytes.count, offset <= bytes.count else { return nil }
        let key = Array(bytes[place])
        return bytes[offset...].enumerated().map { $0.element ^ key[$0.offset % key.count] }
    }

    private static func fromBase64(_ bytes: [UInt8], _ offset: Int, _ count: Int?, _ mode: Base64Mode) -> [UInt8]? {
        guard offset < bytes.count else { return nil }
        let end = count.map { min(bytes.count, offset + $0) } ?? bytes.count
        let text = bytes[offset..<end]
        let decoded: [UInt8]
        switch mode {
        case .strict: return Base64.isCanonical(text) ? Base64.decode(text) : nil
        case .rfc4648: decoded = Base64.decodePrefix(text)
        case .rfc2045: decoded = Base64.decodePrefix(text.prefix { $0 != UInt8(ascii: "=") }.filter { Base64.value($0) != nil }[...])
        }
        return decoded.isEmpty ? nil : decoded
    }

    private static func sliced(_ bytes: [UInt8], _ offset: Int, _ count: Int?, _ truncates: Bool) -> [UInt8] {
        var start = offset < 0 ? bytes.count + offset : offset
        if truncates { start = min(max(start, 0), bytes.count) }
        var end = count.map { $0 < 0 ? bytes.count + $0 : start + $0 } ?? bytes.count
        let isInside = (0...bytes.count).contains(start) && (0...bytes.count).contains(end)
        guard isInside || truncates else { return [] }
        start = min(max(start, 0), bytes.count)
        end = min(max(end, 0), bytes.count)
        return start < end ? Array(bytes[start..<end]) : []
    }
}
