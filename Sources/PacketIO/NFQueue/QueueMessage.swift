internal import CNetfilterQueue

/// Reads one `NFQNL_MSG_PACKET` (include/uapi/linux/netfilter/nfnetlink_queue.h).
enum QueueMessage {
    /// `struct nlmsghdr` and `struct nfgenmsg`.
    static let headerBytes = 16
    static let familyHeaderBytes = 4
    static let packetType = UInt16(NFNL_SUBSYS_QUEUE) << 8 | UInt16(NFQNL_MSG_PACKET.rawValue)

    enum Reading {
        case packet(QueuedPacket)
        /// The packet has an id, but only a part of it is here.
        case truncated(id: UInt32)
        /// Not what the kernel writes; the id is there when it could be read.
        case malformed(id: UInt32?)
    }

    /// `end` is the end of the message in `bytes`, `attributes` where its first attribute begins.
    static func read(_ bytes: Span<UInt8>, attributes: Int, end: Int, slot: Int) -> Reading {
        var packet = QueuedPacket()
        var hasID = false
        var payloadBytes: Int?
        var originalBytes: Int?
        packet.slot = slot

        var offset = attributes
        while end - offset >= 4 {
            let length = Int(bytes.hostUInt16(at: offset))
            guard length >= 4, length <= end - offset else { return .malformed(id: hasID ? packet.id : nil) }
            let start = offset + 4
            let count = length - 4
            // The two top bits say "nested" and "network byte order".
            let type = UInt32(bytes.hostUInt16(at: offset + 2) & 0x3FFF)
            switch type {
            case NFQA_PACKET_HDR.rawValue:
                guard count >= 7 else { return .malformed(id: nil) }
                packet.id = bytes.networkUInt32(at: start)
                packet.hardwareProtocol = bytes.networkUInt16(at: start + 4)
                packet.hook = bytes[start + 6]
                hasID = true
            case NFQA_PAYLOAD.rawValue:
                packet.payloadOffset = start
                payloadBytes = count
            case NFQA_CT.rawValue:
                packet.conntrackMark = conntrackMark(bytes, start: start, end: start + count)
            default:
                guard count >= 4 else { break }
                let value = bytes.networkUInt32(at: start)
                if type == NFQA_CAP_LEN.rawValue {
                    originalBytes = Int(value)
                } else {
                    set(&packet, type, value)
                }
            }
            offset += (length + 3) & ~3
        }
        guard hasID else { return .malformed(id: nil) }
        guard let payloadBytes, payloadBytes > 0 else { return .malformed(id: packet.id) }
        if let originalBytes, originalBytes > payloadBytes { return .truncated(id: packet.id) }
        packet.length = payloadBytes
        return .packet(packet)
    }

    private static func set(_ packet: inout QueuedPacket, _ type: UInt32, _ value: UInt32) {
        switch type {
        case NFQA_MARK.rawValue: packet.mark = value
        case NFQA_IFINDEX_INDEV.rawValue: packet.inputInterface = value
        case NFQA_IFINDEX_OUTDEV.rawValue: packet.outputInterface = value
        case NFQA_IFINDEX_PHYSINDEV.rawValue: packet.physicalInput = value
        case NFQA_IFINDEX_PHYSOUTDEV.rawValue: packet.physicalOutput = value
        case NFQA_SKB_INFO.rawValue: packet.flags = .init(rawValue: value)
        case NFQA_UID.rawValue: packet.userID = value
        case NFQA_GID.rawValue: packet.groupID = value
        case NFQA_CT_INFO.rawValue: packet.conntrackInfo = value
        default: break
        }
    }

    private static func conntrackMark(_ bytes: Span<UInt8>, start: Int, end: Int) -> UInt32? {
        var offset = start
        while end - offset >= 4 {
            let length = Int(bytes.hostUInt16(at: offset))
            guard length >= 4, length <= end - offset else { return nil }
            if UInt32(bytes.hostUInt16(at: offset + 2) & 0x3FFF) == CTA_MARK.rawValue, length >= 8 {
                return bytes.networkUInt32(at: offset + 4)
            }
            offset += (length + 3) & ~3
        }
        return nil
    }
}

extension Span<UInt8> {
    func networkUInt16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    func networkUInt32(at offset: Int) -> UInt32 {
        UInt32(networkUInt16(at: offset)) << 16 | UInt32(networkUInt16(at: offset + 2))
    }

    /// Netlink's own headers are in the machine's byte order, unlike netfilter's attributes.
    func hostUInt16(at offset: Int) -> UInt16 { UInt16(bigEndian: networkUInt16(at: offset)) }
    func hostUInt32(at offset: Int) -> UInt32 { UInt32(bigEndian: networkUInt32(at: offset)) }
}
