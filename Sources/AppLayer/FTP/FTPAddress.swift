/// Ports in commands and replies that prepare a data connection.
enum FTPAddress {
    /// `h1,h2,h3,h4,p1,p2`, with text around it (RFC 959, section 3.2 and 4.2).
    static func port(_ text: [UInt8]) -> UInt16? {
        let isNumber = { (byte: UInt8) in 0x30...0x39 ~= byte || byte == UInt8(ascii: ",") }
        for run in text.split(whereSeparator: { !isNumber($0) }) {
            let numbers = run.split(separator: UInt8(ascii: ",")).map { UInt8(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 6, let high = numbers[4], let low = numbers[5] else { continue }
            return UInt16(high) << 8 | UInt16(low)
        }
        return nil
    }

    /// `|family|address|port|`, where the delimiter may be another byte (RFC 2428); a reply leaves all but the port out.
    static func extendedPort(_ text: [UInt8]) -> UInt16? {
        let start = text.firstIndex(of: UInt8(ascii: "(")).map { $0 + 1 } ?? 0
        guard start < text.count else { return nil }
        let parts = text[start...].split(separator: text[start], omittingEmptySubsequences: false)
        guard parts.count >= 4 else { return nil }
        return UInt16(String(decoding: parts[3], as: UTF8.self))
    }
}
