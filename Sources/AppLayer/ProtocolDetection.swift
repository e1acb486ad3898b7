import Wire

/// Tells the protocol from the first bytes of a direction.
enum ProtocolDetection {
    enum Guess: Equatable { case undecided, refused, recognised(AppProtocol) }

    /// Bytes of an unusual request line that are waited for.
    private static let lineLimit = 8192

    static func guess(_ bytes: [UInt8], _ direction: Direction, _ ports: ProtocolPorts) -> Guess {
        let web = guessText(bytes, direction)
        if case .recognised = web { return web }
        let other = StreamSignatures.guess(bytes, direction, ports)
        if case .recognised = other { return other }
        let isOpen = isUndecided(web) || isUndecided(other)
        return switch DNSProbe.stream(bytes, isServerPort: ports.isDNS) {
        case .yes: .recognised(.dns)
        case .more: .undecided
        case .no: isOpen && bytes.count < lineLimit ? .undecided : .refused
        }
    }

    private static func isUndecided(_ guess: Guess) -> Bool {
        if case .undecided = guess { true } else { false }
    }

    private static func guessText(_ bytes: [UInt8], _ direction: Direction) -> Guess {
        if direction == .toServer, bytes.starts(with: HTTP2Connection.prefaceLine) { return .recognised(.http2) }
        if bytes.starts(with: "SSH-".utf8) { return .recognised(.ssh) }
        if bytes.count >= 3, bytes[0] == 0x16, bytes[1] == 3, bytes[2] <= 4 { return .recognised(.tls) }
        if bytes.count < 3, bytes[0] == 0x16 { return .undecided }
        if isLateRecord(bytes, direction) || isOldHello(bytes, direction) { return .recognised(.tls) }
        return direction == .toServer ? request(bytes) : response(bytes)
    }

    /// What a server may say first of TLS besides a handshake: an alert, or data of a connection whose start was not seen.
    private static func isLateRecord(_ bytes: [UInt8], _ direction: Direction) -> Bool {
        direction == .toClient && bytes.count >= 3 && (bytes[0] == 0x15 || bytes[0] == 0x17) && bytes[1] == 3 && bytes[2] <= 4
    }

    /// A client hello in the form of SSLv2 (RFC 5246, appendix E.2).
    private static func isOldHello(_ bytes: [UInt8], _ direction: Direction) -> Bool {
        guard direction == .toServer, bytes.count >= 5, bytes[0] & 0x80 != 0, bytes[2] == 1 else { return false }
        return bytes[3] == 3 && bytes[4] <= 3 || bytes[3] == 0 && bytes[4] == 2
    }

    static func isServerGreeting(_ payload: Span<UInt8>) -> Bool {
        let start = Array("HTTP/1.".utf8)
        guard payload.count >= start.count else { return false }
        return start.indices.allSatisfy { payload[$0] == start[$0] }
    }

    private static func response(_ bytes: [UInt8]) -> Guess {
        let start = Array("HTTP/".utf8)
        if bytes.starts(with: start) { return .recognised(.http1) }
        return start.starts(with: bytes) || "SSH-".utf8.starts(with: bytes) ? .undecided : .refused
    }

    /// A method that HTTP servers know decides at once; any other word needs `HTTP/` at its line's end.
    private static func request(_ bytes: [UInt8]) -> Guess {
        var start = 0
        while start < bytes.count, bytes[start] == 0x0d || bytes[start] == 0x0a { start += 1 }
        guard start < bytes.count else { return start < 64 ? .undecided : .refused }
        var end = start
        while end < bytes.count, isMethodByte(bytes[end]) { end += 1 }
        guard end - start <= 32, end > start else { return .refused }
        guard end < bytes.count else { return .undecided }
        guard bytes[end] == 0x20 || bytes[end] == 0x09 else { return .refused }
        if HTTPMethods.isKnown(bytes[start..<end]) { return .recognised(.http1) }
        guard let stop = bytes[end...].firstIndex(of: 0x0a) else {
            return bytes.count < lineLimit ? .undecided : .refused
        }
        let words = bytes[end..<stop].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d })
        return words.last?.starts(with: "HTTP/".utf8) == true ? .recognised(.http1) : .refused
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// The protocol of a UDP datagram, nil when it is none that is known.
    static func datagram(_ payload: Span<UInt8>, _ ports: ProtocolPorts) -> AppProtocol? {
        var bytes: [UInt8] = []
        bytes.append(copying: payload)
        if DNSProbe.datagram(bytes, isServerPort: ports.isDNS || ports.isMulticastDNS) { return ports.isMulticastDNS ? .mdns : .dns }
        return DatagramSignatures.guess(bytes, ports)
    }
}
