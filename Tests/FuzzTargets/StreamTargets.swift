import AppLayer
import Wire

/// Stream parsers: whole, and cut into segments, the same bytes must show rules the same.
extension FuzzTarget {
    static let streamTargets: [FuzzTarget] = [
        stream("http1", words: Words.http, seeds: Seeds.http1),
        stream("http2", before: Seeds.http2Preface, words: Words.http2, seeds: Seeds.http2),
        stream("websocket", before: Seeds.webSocketHandshake, words: Words.webSocket, seeds: Seeds.webSockets),
        stream("dns-tcp", serverPort: 53, seeds: Seeds.dnsStreams),
        stream("tls", seeds: Seeds.tls),
        stream("ssh", words: Words.ssh, seeds: Seeds.ssh),
        stream("ftp", serverPort: 21, before: Talk.input("", "220 ready\r\n", ""), words: Words.ftp, seeds: Seeds.ftp),
        stream("smtp", serverPort: 25, before: Talk.input("", "220 ready\r\n", ""), words: Words.mail, seeds: Seeds.smtp),
        stream("recognition", words: Words.recognition, seeds: Seeds.recognition),
        bodies, transfers,
    ]

    /// Nothing that an input of `maximumLength` bytes can reach: where a limit cuts in depends on when it is looked at.
    private static var limits: AppLayerLimits {
        var limits = AppLayerLimits()
        limits.maxTransactions = 100_000
        limits.fileDigests = [.md5]
        return limits
    }

    private static func stream(
        _ name: String, serverPort: UInt16 = 4444, before: [UInt8] = [], words: [[UInt8]] = [],
        seeds: @escaping @Sendable () -> [[UInt8]]
    ) -> FuzzTarget {
        FuzzTarget(name, words: words + [Talk.switchMark, Talk.gapMark], seeds: seeds) { input in
            let ports = ProtocolPorts(client: 40_000, server: serverPort, dns: [53])
            try compare(Talk(before + input), input, limits, ports)
        }
    }

    private static func compare(_ talk: Talk, _ input: [UInt8], _ limits: AppLayerLimits, _ ports: ProtocolPorts) throws {
        let hasOrder = isRecognisedAtOnce(talk, limits, ports)
        // Behind a gap, the beginning of a segment is a hint at the beginning of a message.
        try compare(talk, input, promised: hasOrder && !talk.hasGap) {
            SessionWitness(limits: limits, ports: ports, seed: input.fingerprint, hasGap: talk.hasGap)
        }
    }

    private static func compare(_ talk: Talk, _ input: [UInt8], promised: Bool, _ make: () -> SessionWitness) throws {
        let witnesses = try Cutting.ways(for: input).map { cutting in
            let witness = make()
            try witness.take(talk, cutting)
            return witness
        }
        guard promised, let difference = witnesses[0].difference(from: witnesses[1]) else { return }
        throw BrokenPromise("whole and in pieces: \(difference)")
    }

    /// By what is said first. What both ends say before the protocol is known is read one end after the other.
    static func isRecognisedAtOnce(_ talk: Talk, _ limits: AppLayerLimits, _ ports: ProtocolPorts) -> Bool {
        guard case .bytes(let bytes, let direction) = talk.steps.first else { return false }
        let session = AppLayerSession(limits: limits, ports: ports)
        session.consume(bytes.span, direction: direction, offset: 0)
        return session.appProtocol != .unknown
    }

    /// A response whose body has a content coding; the first byte says which.
    private static let bodies = FuzzTarget("bodies", seeds: Seeds.bodies) { input in
        guard let first = input.first else { return }
        let coding = Seeds.codings[Int(first) % Seeds.codings.count]
        let body = Array(input.dropFirst())
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"
        let talk = Talk(Talk.input([Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), Array(head.utf8) + body]))
        var limits = Self.limits
        // A body that bursts its limit does so sooner when it is looked at less often.
        limits.httpDecompressionLimit = 1 << 30
        limits.httpBombLimit = 1 << 30
        limits.httpResponseBodyLimit = 1 << 18
        try compare(talk, input, limits, ProtocolPorts(client: 40_000, server: 80, dns: [53]))
    }

    /// A file on FTP's data connection; the first byte says which command announced it.
    private static let transfers = FuzzTarget("ftp-data", words: [Talk.switchMark, Talk.gapMark], seeds: Seeds.transfers) { input in
        guard let first = input.first else { return }
        let transfer = Seeds.announced[Int(first) % Seeds.announced.count]
        let talk = Talk(input.dropFirst())
        try compare(talk, input, promised: !talk.hasGap) {
            SessionWitness(limits: limits, ports: ProtocolPorts(), seed: input.fingerprint, hasGap: talk.hasGap, transfer: transfer)
        }
    }

    /// The first byte says to which port the datagrams go.
    static let datagrams = FuzzTarget("datagrams", words: [Talk.switchMark], seeds: Seeds.datagrams) { input in
        guard let first = input.first else { return }
        let ports: [UInt16] = [53, 4444, 123, 161, 443, 5060, 67, 500, 69, 88]
        let witness = SessionWitness(
            limits: limits,
            ports: ProtocolPorts(client: 40_000, server: ports[Int(first) % ports.count], dns: [53]), seed: 0)
        for case .bytes(let bytes, let direction) in Talk(input.dropFirst()).steps {
            try witness.takeDatagram(bytes, direction)
        }
    }
}
