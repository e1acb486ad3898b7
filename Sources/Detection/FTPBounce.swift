import Wire

/// The address of `PORT h1,h2,h3,h4,p1,p2` (RFC 959, section 5.3.2).
enum FTPBounce {
    /// The command names another host than `sender`.
    static func holds(_ bytes: Span<UInt8>, from sender: IPAddress) -> Bool {
        var at = 0
        for expected in "PORT".utf8 {
            guard at < bytes.count, bytes[at] & 0xdf == expected else { return false }
            at += 1
        }
        while at < bytes.count, bytes[at] == 0x20 { at += 1 }
        var address: UInt32 = 0
        for _ in 0..<4 {
            var number: UInt32 = 0
            var digits = 0
            while at < bytes.count, bytes[at] &- 0x30 < 10, digits < 3 {
                number = number * 10 + UInt32(bytes[at] &- 0x30)
                digits += 1
                at += 1
            }
            guard digits > 0, number < 256, at < bytes.count, bytes[at] == UInt8(ascii: ",") else { return false }
            at += 1
            address = address << 8 | number
        }
        return IPAddress(ipv4: address) != sender
    }
}
