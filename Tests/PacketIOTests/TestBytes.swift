extension Span<UInt8> {
    var array: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}

/// The Internet checksum, the naive way.
func internetChecksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt64 = 0
    for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? UInt64(byte) << 8 : UInt64(byte) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return ~UInt16(sum)
}

/// The bytes that a TCP, UDP or ICMPv6 checksum covers.
func checksummed(_ packet: [UInt8], header: Int, isIPv6: Bool, ipProtocol: UInt8) -> [UInt8] {
    let length = packet.count - header
    let addresses = isIPv6 ? packet[8..<40] : packet[12..<20]
    return Array(addresses) + [0, ipProtocol, UInt8(length >> 8), UInt8(length & 0xFF)] + packet[header...]
}

extension [UInt8] {
    /// Computes a UDP packet's checksum anew.
    mutating func replaceChecksum(header: Int, isIPv6: Bool) {
        self[header + 6] = 0
        self[header + 7] = 0
        let sum = internetChecksum(checksummed(self, header: header, isIPv6: isIPv6, ipProtocol: 17))
        self[header + 6] = UInt8(sum >> 8)
        self[header + 7] = UInt8(sum & 0xFF)
    }
}
