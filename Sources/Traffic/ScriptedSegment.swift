public import Wire

/// One segment of a client, in places of its own stream: 0 is the first byte after the SYN.
public struct ScriptedSegment: Sendable {
    /// How the segment travels.
    public enum Envelope: Sendable, Hashable {
        case plain
        /// In IP fragments of `bytes` of data.
        case fragments(bytes: Int, order: FragmentOrder = .inOrder)
        case ipv4Options([UInt8])
        case extensionHeaders
    }

    public enum FragmentOrder: Sendable, Hashable {
        case inOrder, reversed, duplicated
        /// A datagram with other bytes goes ahead whose fragments overlap, which receivers give up as a whole.
        case afterOverlapping
    }

    public var offset: Int
    public var payload: [UInt8]
    public var flags: TCPFlags
    /// Added to the number that acknowledges what the server sent.
    public var acknowledgmentShift: UInt32 = 0
    /// Milliseconds that the time stamp is older than it should be.
    public var timestampAge: UInt32 = 0
    public var urgentPointer: UInt16 = 0
    /// TCP options besides the time stamp.
    public var options: [UInt8] = []
    public var ttl: UInt8 = 64
    public var hasWrongChecksum = false
    public var envelope = Envelope.plain

    public init(at offset: Int, _ payload: [UInt8] = [], flags: TCPFlags = [.psh, .ack]) {
        self.offset = offset
        self.payload = payload
        self.flags = flags
    }

    public static let open = ScriptedSegment(at: -1, flags: .syn)
    public static func acknowledge(at offset: Int) -> ScriptedSegment { ScriptedSegment(at: offset, flags: .ack) }

    /// Place of the byte after the payload.
    public var end: Int { offset + payload.count }

    /// The same place with every byte changed.
    public var garbled: ScriptedSegment {
        var copy = self
        copy.payload = payload.map { $0 ^ 0x15 }
        return copy
    }

    /// `bytes` as segments of at most `size` bytes.
    public static func segments(_ bytes: [UInt8], at offset: Int, size: Int) -> [ScriptedSegment] {
        stride(from: 0, to: bytes.count, by: max(1, size)).map { start in
            ScriptedSegment(at: offset + start, Array(bytes[start..<min(start + max(1, size), bytes.count)]))
        }
    }
}
