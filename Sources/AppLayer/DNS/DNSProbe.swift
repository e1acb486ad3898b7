/// Tells DNS from other content.
enum DNSProbe {
    enum Answer { case yes, no, more }

    /// A datagram. On a port of DNS the header alone must be plausible; on others the first question too.
    /// `bytes` may be the first of `length`.
    static func datagram(_ bytes: [UInt8], length: Int? = nil, isServerPort: Bool) -> Bool {
        guard bytes.count >= DNSReader.headerLength, isPlausible(bytes, at: 0, length: length ?? bytes.count) else {
            return false
        }
        return isServerPort || firstQuestion(bytes[...], at: DNSReader.headerLength, isWhole: true) == .yes
    }

    /// The beginning of a TCP direction.
    static func stream(_ bytes: [UInt8], isServerPort: Bool) -> Answer {
        guard bytes.count >= 2 else { return .more }
        let length = Int(bytes[0]) << 8 | Int(bytes[1])
        // The shortest message with a question is 17 bytes.
        guard length >= 17 else { return .no }
        guard bytes.count >= 2 + DNSReader.headerLength else { return .more }
        guard isPlausible(bytes, at: 2, length: length) else { return .no }
        if isServerPort { return .yes }
        // What lies behind the message is not its question's.
        let message = bytes.prefix(length + 2)
        return firstQuestion(message, at: 2 + DNSReader.headerLength, isWhole: message.count == length + 2)
    }

    /// The flags say response.
    static func isResponse(_ bytes: [UInt8], at start: Int) -> Bool { bytes.count > start + 2 && bytes[start + 2] & 0x80 != 0 }

    /// Opcode and counts of the header fit a message of `length` bytes.
    private static func isPlausible(_ bytes: [UInt8], at start: Int, length: Int) -> Bool {
        func count(_ index: Int) -> Int { Int(bytes[start + 4 + 2 * index]) << 8 | Int(bytes[start + 5 + 2 * index]) }
        let opcode = bytes[start + 2] >> 3 & 0xf
        let (questions, records) = (count(0), count(1) + count(2) + count(3))
        guard opcode < 7, questions + records > 0 else { return false }
        // A question takes 5 bytes at least, a record 11.
        return DNSReader.headerLength + 5 * questions + 11 * records <= length
            || bytes[start + 2] & 0x80 == 0 && questions <= 2 && DNSReader.headerLength + 5 * questions <= length
    }

    private static func firstQuestion(_ bytes: ArraySlice<UInt8>, at start: Int, isWhole: Bool) -> Answer {
        guard bytes[start - 8] == 0, bytes[start - 7] > 0, bytes[start - 7] < 16 else { return .no }
        let short: Answer = isWhole ? .no : .more
        var at = start
        while true {
            guard at < bytes.count else { return short }
            let length = Int(bytes[at])
            if length == 0 { break }
            guard length < 64, at - start < 256 else { return .no }
            at += length + 1
        }
        guard at + 5 <= bytes.count else { return short }
        let recordClass = (UInt16(bytes[at + 3]) << 8 | UInt16(bytes[at + 4])) & 0x7fff
        return [1, 3, 4, 254, 255].contains(recordClass) ? .yes : .no
    }
}
