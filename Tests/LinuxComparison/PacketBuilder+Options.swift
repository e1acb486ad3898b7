import Traffic
import Wire

extension PacketBuilder {
    /// The packet with IPv4 options, or with IPv6 extension headers: the first one's number, and then the headers with
    /// each next header but the last filled in (0 in the last, which becomes TCP's).
    func inserting(_ options: [UInt8], into packet: [UInt8]) -> [UInt8] {
        if source.family == .ipv4 { return adding(ipv4Options: options, to: packet) }
        guard let first = options.first, options.count > 1 else { return packet }
        var packet = packet
        var headers = Array(options.dropFirst())
        var last = 0
        while headers[last] != 0, last + (Int(headers[last + 1]) + 1) * 8 < headers.count {
            last += (Int(headers[last + 1]) + 1) * 8
        }
        headers[last] = packet[6]
        packet[6] = first
        packet.insert(contentsOf: headers, at: 40)
        let length = packet.count - 40
        packet[4] = UInt8(truncatingIfNeeded: length >> 8)
        packet[5] = UInt8(truncatingIfNeeded: length)
        return packet
    }
}
