import TestSupport

/// Messages as the kernel writes them, in hex, on a little-endian machine.
enum NetlinkMessages {
    /// The kernel's answer to a request with sequence number 2: done.
    static let bound = hex("""
        14000000 0200 0000 02000000 00000000  # nlmsghdr: 20 bytes, NLMSG_ERROR, seq 2
        00000000                              # nlmsgerr: no error
        """)

    static func refused(errno code: Int32, sequence: UInt8 = 2) -> [UInt8] {
        var message = hex("14000000 0200 0000 00000000 00000000 00000000")
        message[8] = sequence
        let value = UInt32(bitPattern: -code)
        for index in 0..<4 { message[16 + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
        return message
    }

    /// A 20-byte packet in the FORWARD hook with every attribute that is read.
    static let packet = hex("""
        8c000000 0003 0000 00000000 00000000  # nlmsghdr: 140 bytes, QUEUE|PACKET
        02 00 0007                            # nfgenmsg: AF_INET, version 0, queue 7
        0b00 0100 00000001 0800 02 00         # PACKET_HDR: id 1, IPv4, hook 2, padding
        0800 0300 00002000                    # MARK
        0800 0500 00000003                    # IFINDEX_INDEV
        0800 0600 00000004                    # IFINDEX_OUTDEV
        0800 0700 00000005                    # IFINDEX_PHYSINDEV
        0800 0800 00000006                    # IFINDEX_PHYSOUTDEV
        0800 0e00 00000003                    # SKB_INFO: CSUMNOTREADY, GSO
        0800 1000 000003e8                    # UID 1000
        0800 1100 00000064                    # GID 100
        0c00 0b80                             # CT, nested
          0800 0800 0000002a                  #   CTA_MARK 42
        0800 0c00 00000002                    # CT_INFO
        1800 0a00                             # PAYLOAD: 20 bytes
        45000014 00004000 40060000 c612c802 c612c803
        """)

    /// The smallest message with a payload of one byte.
    static func small(id: UInt32) -> [UInt8] {
        var message = hex("""
            28000000 0003 0000 00000000 00000000
            02 00 0007
            0b00 0100 00000000 0800 02 00
            0500 0a00 45 000000
            """)
        for index in 0..<4 { message[24 + index] = UInt8(truncatingIfNeeded: id >> (24 - 8 * UInt32(index))) }
        return message
    }
}
