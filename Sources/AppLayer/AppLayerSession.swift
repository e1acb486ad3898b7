public import Wire

/// The application layer of one flow: recognises the protocol, then feeds its parser.
///
/// The caller hands it each direction's bytes exactly once and in order, inspects the transactions
/// that progressed, then calls `finishInspection()`.
public final class AppLayerSession {
    public private(set) var appProtocol = AppProtocol.unknown
    /// What the flow began as, when its protocol changed since (`app_proto_orig`).
    public private(set) var originalProtocol: AppProtocol?
    /// Anomalies of recognition since the last `finishInspection()`.
    public private(set) var events: [AppLayerEvent] = []
    private var parser: ProtocolParser?
    /// The parser before the last change of protocol, as long as it has open transactions.
    private var previous: ProtocolParser?
    private let limits: AppLayerLimits
    /// First bytes of each direction until the protocol is known.
    private var undecided: ([UInt8], [UInt8]) = ([], [])
    private var isRefused = (false, false)
    private var otherSide: OtherSide?
    /// Who sent the first bytes.
    private var firstDirection: Direction?
    /// TLS was announced for the flow to go on with.
    private var awaitsTLS = false
    /// Bytes of each direction while the protocol is not known, and of one that is no protocol by itself before the
    /// other is not waited for any more.
    private var undecidedBytes: (UInt64, UInt64) = (0, 0)
    private static let bailOut: UInt64 = 100_000
    /// Bytes of a client that are held until the server's answer tells what they are.
    private static let undecidedLimit = 32 * 1024

    private let ports: ProtocolPorts
    private let tracker: FrameTracker?

    private let ranges: RangeStore?

    /// - Parameter ranges: puts files together over the worker's connections; nil when nobody asks for files.
    public init(limits: AppLayerLimits, ports: ProtocolPorts = ProtocolPorts(), ranges: RangeStore? = nil) {
        self.ranges = ranges
        self.limits = limits
        self.ports = ports
        tracker = limits.frames.isEmpty ? nil : FrameTracker(limits.frames)
    }

    /// Frames that rules look into, whole and coming in, oldest first.
    public var frames: [StreamFrame] { tracker?.frames ?? [] }

    /// Open transactions, oldest first.
    public var transactions: [Transaction] { (previous?.transactions ?? []) + (parser?.transactions ?? []) }
    public var openTransactions: Int { (previous?.transactions.count ?? 0) + (parser?.transactions.count ?? 0) }
    /// Transactions that the flow has had.
    public var transactionCount: UInt64 { (previous?.transactionCount ?? 0) &+ (parser?.transactionCount ?? 0) }
    /// A parser met what it cannot go on from: the exception policy `app-layer.error-policy` applies.
    public var hasFailed: Bool { parser?.hasFailed ?? false }
    /// No later byte of the flow can change anything here (encrypted, or given up).
    public var isFinished: Bool { parser?.isFinished ?? (appProtocol != .unknown) }

    /// What comes from here on is encrypted.
    public var isEncrypted: Bool { parser?.carriesCiphertext ?? false }

    /// Connections that this one has announced since the last call.
    public func takeExpectedFlows() -> [ExpectedFlow] { parser?.takeExpectedFlows() ?? [] }

    /// The flow was announced; nothing of it has been consumed yet.
    public func begin(_ transfer: FTPTransfer) {
        appProtocol = .ftpData
        parser = FTPDataConnection(transfer, limits: limits)
    }

    /// The next bytes of `direction`. `offset` is the stream offset of the first.
    public func consume(_ chunk: Span<UInt8>, direction: Direction, offset: UInt64) {
        guard !chunk.isEmpty else { return }
        if firstDirection == nil { firstDirection = direction }
        if direction == otherSide?.direction { compare(chunk) }
        if parser != nil {
            feed(chunk, direction)
            return follow()
        }
        if appProtocol != .unknown, appProtocol != .failed { tracker?.append(chunk, direction) }
        guard appProtocol == .unknown else { return }
        guard direction == .toClient ? !isRefused.1 : undecided.0.count < Self.undecidedLimit else {
            if direction == .toServer { bailOut(direction) } else { waitLonger(chunk.count, direction) }
            return
        }
        hold(chunk, direction)
        if direction == .toServer, isRefused.0 { return }
        switch ProtocolDetection.guess(direction == .toServer ? undecided.0 : undecided.1, direction, ports) {
        case .undecided: break
        case .refused: refuse(direction)
        case .recognised(let appProtocol): decide(appProtocol, direction)
        }
    }

    /// A direction that is no protocol by itself goes on while the other says too little.
    private func waitLonger(_ count: Int, _ direction: Direction) {
        undecidedBytes.1 &+= UInt64(count)
        if undecidedBytes.1 >= Self.bailOut { bailOut(direction) }
    }

    private func bailOut(_ direction: Direction) {
        raise("applayer_proto_detection_skipped", direction)
        fail(direction)
    }

    private func raise(_ event: StaticName, _ direction: Direction) {
        events.append(AppLayerEvent(appProtocol: appProtocol, name: event, direction: direction))
    }

    private func compare(_ chunk: Span<UInt8>) {
        guard var side = otherSide else { return }
        let finding = side.take(chunk, ports)
        otherSide = finding == .undecided ? side : nil
        if case .event(let name) = finding { raise(name, side.direction) }
    }

    /// What an announced change of protocol came to.
    private func checkAnnounced(_ found: AppProtocol, _ direction: Direction) {
        if awaitsTLS, found != .tls { raise("applayer_no_tls_after_starttls", direction) }
        awaitsTLS = false
    }

    /// One datagram's payload.
    public func consumeDatagram(_ payload: Span<UInt8>, direction: Direction) {
        if let parser {
            tracker?.append(payload, direction)
            return parser.consumeDatagram(payload, direction: direction)
        }
        guard appProtocol == .unknown else { return }
        guard let recognised = ProtocolDetection.datagram(payload, ports) else {
            switch direction {
            case .toServer: isRefused.0 = true
            case .toClient: isRefused.1 = true
            }
            if isRefused.0, isRefused.1 { appProtocol = .failed }
            return
        }
        appProtocol = recognised
        parser = makeParser(recognised)
        parser?.frames = tracker
        parser?.ranges = ranges
        tracker?.append(payload, direction)
        parser?.consumeDatagram(payload, direction: direction)
    }

    /// `length` bytes of `direction` will never come.
    public func skipGap(length: UInt64, direction: Direction) {
        if direction == otherSide?.direction { otherSide = nil }
        tracker?.skip(length, direction)
        parser?.skipGap(length: length, direction: direction)
    }

    /// `direction` ended (FIN, reset, timeout, end of capture).
    public func finish(_ direction: Direction) {
        previous?.finish(direction)
        parser?.finish(direction)
        tracker?.finish(direction)
    }

    /// Bytes that the flow's application layer holds, about.
    public var heldBytes: Int {
        512 + undecided.0.capacity + undecided.1.capacity + (tracker?.heldBytes ?? 0)
            + (parser?.heldBytesWithTransactions ?? 0) + (previous?.heldBytesWithTransactions ?? 0)
    }

    /// Clears progress marks and events, and forgets the transactions that are complete in both directions.
    public func finishInspection() {
        events.removeAll(keepingCapacity: true)
        previous?.finishInspection()
        parser?.finishInspection()
        tracker?.finishInspection()
    }

    /// What only a server says first in its direction.
    public static func isServerGreeting(_ payload: Span<UInt8>) -> Bool { ProtocolDetection.isServerGreeting(payload) }

    private func hold(_ chunk: Span<UInt8>, _ direction: Direction) {
        switch direction {
        case .toServer: undecided.0.append(copying: chunk)
        case .toClient: undecided.1.append(copying: chunk)
        }
    }

    /// Neither side alone says that there is no protocol: a server answers what it could not read with its own.
    private func refuse(_ direction: Direction) {
        switch direction {
        case .toServer: isRefused.0 = true
        case .toClient:
            isRefused.1 = true
            undecided.1 = []
        }
        if isRefused == (true, true) || isRefused.0 && originalProtocol != nil { fail(direction) }
    }

    private func fail(_ direction: Direction) {
        checkAnnounced(.failed, direction)
        appProtocol = originalProtocol ?? .failed
        previous?.handOverFailed()
        undecided = ([], [])
    }

    private func decide(_ decided: AppProtocol, _ direction: Direction) {
        appProtocol = decided
        checkAnnounced(decided, direction)
        judgeSides(decided, direction)
        let held = undecided
        undecided = ([], [])
        parser = makeParser(decided)
        parser?.frames = tracker
        parser?.ranges = ranges
        // What a server says first is no answer to the client's first command.
        if decided.serverSpeaksFirst { feed(held.1.span, .toClient) }
        feed(held.0.span, .toServer)
        if !decided.serverSpeaksFirst { feed(held.1.span, .toClient) }
        follow()
    }

    /// `direction` is the one that the protocol was recognised by.
    private func judgeSides(_ decided: AppProtocol, _ direction: Direction) {
        if decided.clientSpeaksFirst, firstDirection == .toClient { raise("applayer_wrong_direction_first_data", direction) }
        otherSide = OtherSide(of: decided, recognisedIn: direction)
        guard let side = otherSide else { return }
        let held = side.direction == .toServer ? undecided.0 : undecided.1
        if side.direction == .toServer ? isRefused.0 : isRefused.1 {
            otherSide = nil
            raise("applayer_detect_protocol_only_one_direction", side.direction)
        } else if !held.isEmpty {
            compare(held.span)
        }
    }

    private func feed(_ bytes: Span<UInt8>, _ direction: Direction) {
        tracker?.append(bytes, direction)
        parser?.consume(bytes, direction: direction)
    }

    /// Takes up the protocol that the parser hands over to.
    private func follow() {
        if let parser, parser.handsOver { return handOver(from: parser) }
        if let refined = parser?.refinedProtocol { appProtocol = refined }
        guard let next = parser?.successor else { return }
        if originalProtocol == nil { originalProtocol = appProtocol }
        appProtocol = next.appProtocol
        next.frames = tracker
        next.ranges = ranges
        parser = next
    }

    private func handOver(from last: ProtocolParser) {
        if originalProtocol == nil { originalProtocol = appProtocol }
        appProtocol = .unknown
        isRefused = (false, false)
        undecidedBytes = (0, 0)
        otherSide = nil
        firstDirection = nil
        awaitsTLS = last.announcesTLS
        previous = last
        parser = nil
        if let next = last.successor {
            awaitsTLS = false
            appProtocol = next.appProtocol
            next.frames = tracker
            next.ranges = ranges
            parser = next
            for direction in Direction.allCases { feed(handedOver(from: last, direction).span, direction) }
            return
        }
        for direction in Direction.allCases { consume(handedOver(from: last, direction).span, direction: direction, offset: 0) }
    }

    private func handedOver(from last: ProtocolParser, _ direction: Direction) -> [UInt8] {
        let bytes = last.takeHandedOver(direction)
        tracker?.takeBack(bytes.count, direction)
        return bytes
    }

    /// nil for a protocol that is recognised only.
    private func makeParser(_ appProtocol: AppProtocol) -> ProtocolParser? {
        switch appProtocol {
        case .http1: HTTPConnection(limits: limits, serverPort: ports.server)
        case .http2: HTTP2Connection(limits: limits)
        case .dns: DNSConnection()
        case .mdns: DNSConnection(isMulticast: true)
        case .ssh: SSHConnection()
        case .ftp: FTPConnection(limits: limits)
        case .smtp: SMTPConnection(limits: limits)
        case .tls: TLSConnection()
        default: nil
        }
    }
}
