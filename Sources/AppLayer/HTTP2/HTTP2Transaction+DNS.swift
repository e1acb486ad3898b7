import Wire

/// DNS over HTTPS (RFC 8484): a message is a body, or a parameter of a GET's target.
extension HTTP2Transaction {
    /// The message in `direction` is whole.
    func readDNS(_ direction: Direction) {
        let body = message(direction).body
        var bytes = body.bytes
        if direction == .toServer, bytes.isEmpty { bytes = Self.parameter(of: request.second) ?? [] }
        guard body.offset == 0, !bytes.isEmpty, bytes.count <= Int(UInt16.max) else { return }
        var reader = DNSReader(bytes)
        guard var message = reader.message() else { return }
        message.collectNames()
        if direction == .toServer { dns.request = message } else { dns.response = message }
    }

    /// `?dns=` in base64url (RFC 4648, section 5).
    private static func parameter(of target: [UInt8]) -> [UInt8]? {
        let query = target.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        for part in query.split(separator: UInt8(ascii: "&")) where part.starts(with: "dns=".utf8) {
            let digits = part.dropFirst(4).map { digit in
                switch digit {
                case UInt8(ascii: "-"): UInt8(ascii: "+")
                case UInt8(ascii: "_"): UInt8(ascii: "/")
                default: digit
                }
            }
            return Base64.decode(digits[...])
        }
        return nil
    }
}
