/// Frames and handshakes of WebSocket (RFC 6455) as bytes.
public enum WebSocketBytes {
    public static let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]

    /// - Parameters:
    ///   - flags: FIN and reserved bits, where they stand in the first byte.
    ///   - mask: four bytes, nil for none.
    ///   - lengthBytes: of the extended length, 0 for the shortest form.
    public static func frame(
        opcode: UInt8 = 1, flags: UInt8 = 0x80, mask: [UInt8]? = key, lengthBytes: Int = 0, _ payload: [UInt8]
    ) -> [UInt8] {
        let bytes = lengthBytes > 0 ? lengthBytes : payload.count < 126 ? 0 : payload.count < 65_536 ? 2 : 8
        let short = bytes == 0 ? UInt8(payload.count) : bytes == 2 ? 126 : 127
        let length = (0..<bytes).map { UInt8(truncatingIfNeeded: payload.count >> (8 * (bytes - 1 - $0))) }
        let head = [flags | opcode, short | (mask == nil ? 0 : 0x80)] + length + (mask ?? [])
        guard let mask else { return head + payload }
        return head + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
    }

    public static func frame(opcode: UInt8 = 1, flags: UInt8 = 0x80, mask: [UInt8]? = key, _ text: String) -> [UInt8] {
        frame(opcode: opcode, flags: flags, mask: mask, Array(text.utf8))
    }

    public static func request(extensions: String? = nil) -> [UInt8] {
        let offer = extensions.map { "Sec-WebSocket-Extensions: \($0)\r\n" } ?? ""
        return Array(
            ("GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(offer)\r\n").utf8)
    }

    public static func answer(extensions: String? = nil) -> [UInt8] {
        let chosen = extensions.map { "Sec-WebSocket-Extensions: \($0)\r\n" } ?? ""
        return Array(
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\(chosen)\r\n").utf8)
    }
}
