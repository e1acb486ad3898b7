/// The header of one frame (RFC 6455, section 5.2).
public struct WebSocketFrame: Hashable, Sendable {
    /// FIN and the three reserved bits, where they stand in the first byte.
    public let flags: UInt8
    public let opcode: UInt8
    /// Big-endian; nil when the payload is sent as it is.
    public let mask: UInt32?
    /// Bytes of payload.
    let length: UInt64

    public var isFinal: Bool { flags & 0x80 != 0 }
    /// RFC 7692, section 6: counts in the first frame of a message.
    var isCompressed: Bool { flags & 0x40 != 0 }
    /// RFC 6455, section 5.5.
    var isControl: Bool { opcode & 0x08 != 0 }

    /// Bytes of the header that begins with `bytes`, as far as those tell.
    static func headerLength(_ bytes: [UInt8]) -> Int {
        guard bytes.count >= 2 else { return 2 }
        return 2 + extendedLength(bytes[1]) + (bytes[1] & 0x80 != 0 ? 4 : 0)
    }

    private static func extendedLength(_ byte: UInt8) -> Int {
        switch byte & 0x7f {
        case 126: 2
        case 127: 8
        default: 0
        }
    }

    /// - Returns: nil unless `bytes` are a whole header.
    init?(header bytes: [UInt8]) {
        guard bytes.count >= 2, bytes.count == Self.headerLength(bytes) else { return nil }
        flags = bytes[0] & 0xf0
        opcode = bytes[0] & 0x0f
        let end = 2 + Self.extendedLength(bytes[1])
        length = end == 2 ? UInt64(bytes[1] & 0x7f) : bytes[2..<end].reduce(0) { $0 << 8 | UInt64($1) }
        mask = bytes[1] & 0x80 == 0 ? nil : bytes[end..<end + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// As in rules (`websocket.opcode`) and in EVE; nil for one that is not assigned.
    public static func name(of opcode: UInt8) -> String? { names.first { $0.opcode == opcode }?.name }

    private static let names: [(name: String, opcode: UInt8)] = [
        ("continuation", 0), ("text", 1), ("binary", 2), ("close", 8), ("ping", 9), ("pong", 10),
    ]
}
