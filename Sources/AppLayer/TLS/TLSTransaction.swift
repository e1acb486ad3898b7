public import Wire

/// One TLS connection: a flow has exactly one.
public final class TLSTransaction: Transaction {
    public enum Progress: UInt8, Comparable, Sendable {
        case start, hello, certificate, handshakeDone
        case complete = 255
        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// One direction's half of the handshake.
    public struct Side: Sendable {
        public internal(set) var progress = Progress.start
        public internal(set) var hello: TLSHello?
        public internal(set) var chain = TLSCertificateChain()
        /// Bits of `ssl_state` that the side's messages have reached.
        var states: UInt64 = 0
        /// Also known when a side's hello was never seen: from its records.
        public internal(set) var version = TLSVersion.unknown
    }

    public internal(set) var client = Side()
    public internal(set) var server = Side()
    /// The server took up the session that the client offered.
    var resumesSession = false
    /// The client is to show a certificate as well.
    var asksForCertificate = false
    private var derived: [Buffer: [UInt8]] = [:]

    /// Bits of `ssl_state`.
    enum State {
        static let clientHello: UInt64 = 1
        static let serverHello: UInt64 = 2
        static let clientKeyExchange: UInt64 = 4
        static let serverKeyExchange: UInt64 = 8
        static let unknown: UInt64 = 16
    }

    init() { super.init(id: 0, appProtocol: .tls) }

    public func side(_ direction: Direction) -> Side { direction == .toServer ? client : server }

    func change(_ direction: Direction, _ change: (inout Side) -> Void) {
        if direction == .toServer { change(&client) } else { change(&server) }
        hasProgressed = true
    }

    func add(_ event: StaticName, _ direction: Direction) {
        let event = AppLayerEvent(appProtocol: .tls, name: event, direction: direction)
        guard events.count < 64, !events.contains(event) else { return }
        events.append(event)
        hasProgressed = true
    }

    /// A session that goes on without a certificate. TLS 1.3 hides certificates, so nothing is known there.
    public var isResumed: Bool {
        resumesSession && server.hello != nil && server.chain.certificates.isEmpty && !server.version.isTLS13
    }

    /// Both sides have said in the clear what they will say.
    public var isOpenPartDone: Bool {
        isHandshakeDone || server.progress >= .certificate && server.chain.leaf != nil && !asksForCertificate
    }

    var isHandshakeDone: Bool { client.progress >= .handshakeDone && server.progress >= .handshakeDone }

    public override var heldBytes: Int {
        let certificates = client.chain.certificates + server.chain.certificates
        return super.heldBytes + 2048 + certificates.reduce(0) { $0 + 2 * $1.count }
    }

    public override func progress(_ direction: Direction) -> UInt8 { side(direction).progress.rawValue }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool {
        let progress = side(direction).progress
        return switch buffer {
        case .tlsCerts, .tlsCertSubject, .tlsCertIssuer, .tlsCertSerial, .tlsCertFingerprint, .tlsSubjectAltName:
            progress >= .certificate
        default: progress >= .hello
        }
    }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        let side = side(direction)
        switch buffer {
        case .tlsCerts:
            guard index < side.chain.certificates.count else { return nil }
            return BufferView(bytes: side.chain.certificates[index])
        case .tlsALPN:
            guard let names = side.hello?.applicationProtocols, index < names.count else { return nil }
            return BufferView(bytes: names[index])
        case .tlsSubjectAltName:
            guard let names = side.chain.leaf?.subjectAlternativeNames, index < names.count else { return nil }
            return BufferView(bytes: names[index])
        default:
            guard index == 0 else { return nil }
            return (helloBuffer(buffer, side, direction) ?? certificateBuffer(buffer, side.chain)).map { BufferView(bytes: $0) }
        }
    }

    private func certificateBuffer(_ buffer: Buffer, _ chain: TLSCertificateChain) -> [UInt8]? {
        switch buffer {
        case .tlsCertSubject: chain.leaf?.subject
        case .tlsCertIssuer: chain.leaf?.issuer
        case .tlsCertSerial: chain.serialText
        case .tlsCertFingerprint: chain.fingerprint.isEmpty ? nil : chain.fingerprint
        default: nil
        }
    }

    private func helloBuffer(_ buffer: Buffer, _ side: Side, _ direction: Direction) -> [UInt8]? {
        guard let hello = side.hello else { return nil }
        switch buffer {
        case .tlsSNI: return hello.serverName
        case .tlsRandom: return hello.random.isEmpty ? nil : hello.random
        case .tlsRandomTime: return hello.random.isEmpty ? nil : Array(hello.random.prefix(4))
        case .tlsRandomBytes: return hello.random.isEmpty ? nil : Array(hello.random.dropFirst(4))
        case .ja3Hash, .ja3String, .ja4Hash: return direction == .toServer ? fingerprint(buffer, hello) : nil
        case .ja3sHash, .ja3sString: return direction == .toClient ? fingerprint(buffer, hello) : nil
        default: return nil
        }
    }

    /// Made when first asked for. SSLv2 hellos have none.
    private func fingerprint(_ buffer: Buffer, _ hello: TLSHello) -> [UInt8]? {
        if let known = derived[buffer] { return known }
        guard hello.legacyVersion != .ssl2 else { return nil }
        let bytes =
            switch buffer {
            case .ja3String: TLSFingerprints.ja3(hello)
            case .ja3Hash: TLSFingerprints.hash(TLSFingerprints.ja3(hello))
            case .ja3sString: TLSFingerprints.ja3s(hello)
            case .ja3sHash: TLSFingerprints.hash(TLSFingerprints.ja3s(hello))
            default: TLSFingerprints.ja4(hello)
            }
        derived[buffer] = bytes
        return bytes
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        guard index == 0 else { return nil }
        let side = side(direction)
        switch number {
        case .tlsVersion: return side.version == .unknown ? nil : UInt64(side.version.rawValue)
        case .tlsState: return side.states == 0 ? State.unknown : side.states
        case .tlsCertNotBefore: return side.chain.leaf.map { UInt64(bitPattern: $0.notBefore) }
        case .tlsCertNotAfter: return side.chain.leaf.map { UInt64(bitPattern: $0.notAfter) }
        case .tlsCertChainLength: return side.progress >= .certificate ? UInt64(side.chain.certificates.count) : nil
        default: return nil
        }
    }
}
