import Traffic
import Wire

extension PacketBuilder {
    /// The packet with IPv4 options, or with IPv6 extension headers: the first one's number, and then the headers with
    /// each next header but the last filled in (0 in the last, which becomes TCP's).
    func inserting(_ options: [UInt8], into packet: [UInt8]) -> [UInt8] {
        var packet = packet
        guard source.family == .ipv4 else {
            guard let first = options.first, options.count > 1 else { return packet }
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
        let padded = Array((options + [0, 0, 0]).prefix((min(options.count, 40) + 3) / 4 * 4))
        packet.insert(contentsOf: padded, at: 20)
        packet[0] = 0x40 | UInt8(5 + padded.count / 4)
        packet[2] = UInt8(truncatingIfNeeded: packet.count >> 8)
        packet[3] = UInt8(truncatingIfNeeded: packet.count)
        packet[10] = 0
        packet[11] = 0
        let checksum = Checksum.of(Array(packet[..<(20 + padded.count)]).span)
        packet[10] = UInt8(checksum >> 8)
        packet[11] = UInt8(checksum & 0xff)
        return packet
    }
}
