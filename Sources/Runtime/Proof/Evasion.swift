public import Patches
public import Traffic
import Wire

/// A way to send a request that means the same to its receiver.
public struct Evasion: Sendable {
    public enum Layer: String, Sendable { case ip, tcp, http }

    public let name: String
    public let layer: Layer
    /// One line: how the request travels.
    public let summary: String
    /// Who reads such a request as the plain one.
    public let receivers: String
    /// Which requests can be sent so.
    public let requests: String
    /// What is asked of it.
    let demand: Demand
    /// What the client says; nil when the request can't be sent so.
    let message: @Sendable (ProofRequest) -> Message?
    /// How it says that.
    let script: @Sendable (Message) -> ClientScript

    /// A request, ready to be sent.
    public struct Plan: Sendable {
        public let script: ClientScript
        /// The part of the script's stream that is the request.
        public let essential: Range<Int>
    }

    /// nil when the request can't be sent so, or need not arrive when it is.
    public func plan(_ request: PatchPackage.Request, of patch: PatchPackage, isExploit: Bool) -> Plan? {
        let request = ProofRequest(request, of: patch, isExploit: isExploit)
        guard isExploit || demand == .both, let message = message(request) else { return nil }
        return Plan(script: script(message), essential: message.essential)
    }

    enum Demand: Sendable {
        /// A rule drops exploits, benign requests arrive.
        case both
        /// Nobody honest sends so: a rule drops exploits.
        case drop
        /// Other bytes reach the server in place of the request's, or might: exploits do not arrive.
        case absence
    }

    /// In the order in which they are listed and run.
    public static let all = packets + segments + lines + targets + bodies + sequences + http2

    /// - Parameter name: of one, or two joined by `+`: what the first one says, sent as the second one sends.
    public static func named(_ name: String) -> Evasion? {
        let parts = name.split(separator: "+").compactMap { part in all.first { $0.name == part } }
        guard name.split(separator: "+", omittingEmptySubsequences: false).count == parts.count else { return nil }
        switch parts.count {
        case 1: return parts[0]
        case 2 where parts[0].layer == .http && parts[1].layer != .http: return parts[0].sent(by: parts[1])
        default: return nil
        }
    }

    public static let plain = Evasion(
        "plain", .tcp, "segments of 1,400 bytes", ClientScript.plain)

    /// What this one says, sent as the other sends.
    func sent(by other: Evasion) -> Evasion {
        Evasion(
            name: "\(name)+\(other.name)", layer: layer, summary: "\(summary); \(other.summary)", receivers: receivers,
            requests: requests, demand: other.demand == .both ? demand : other.demand, message: message, script: other.script)
    }
}

/// What a client says on a connection besides the request, and when.
struct Message: Sendable {
    enum Part: Sendable {
        case bytes([UInt8])
        /// The client waits for an answer, which a model gives in these bytes.
        case answer([UInt8])
    }

    var parts: [Part]
    var essential: Range<Int>

    init(_ bytes: [UInt8]) {
        parts = [.bytes(bytes)]
        essential = 0..<bytes.count
    }

    init(_ parts: [Part], essential: Range<Int>) {
        self.parts = parts
        self.essential = essential
    }

    var bytes: [UInt8] {
        parts.flatMap { part -> [UInt8] in
            if case .bytes(let bytes) = part { bytes } else { [] }
        }
    }
}

extension Evasion {
    typealias Arrangement = @Sendable (_ bytes: [UInt8], _ offset: Int) -> [ScriptedSegment]

    /// A way to cut and send the bytes, whatever they are.
    init(
        _ name: String, _ layer: Layer, _ summary: String, receivers: String = "every receiver", demand: Demand = .both,
        _ script: @escaping @Sendable (Message) -> ClientScript
    ) {
        self.init(
            name: name, layer: layer, summary: summary, receivers: receivers, requests: demand == .both ? "all" : "exploits",
            demand: demand, message: { Message($0.bytes) }, script: script)
    }

    /// As `init`, for ways that change segments and leave the connection around them as it is.
    static func arranged(
        _ name: String, _ summary: String, receivers: String = "every receiver", demand: Demand = .both,
        _ arrangement: @escaping Arrangement
    ) -> Evasion {
        Evasion(name, .tcp, summary, receivers: receivers, demand: demand) { ClientScript($0, arrangement) }
    }

    /// Another spelling of an HTTP request.
    static func spelt(
        _ name: String, _ summary: String, receivers: String, requests: String = "HTTP", demand: Demand = .both,
        _ rewrite: @escaping @Sendable (HTTPText) -> Message?
    ) -> Evasion {
        Evasion(
            name: name, layer: .http, summary: summary, receivers: receivers, requests: requests, demand: demand,
            message: { $0.http.flatMap(rewrite) }, script: ClientScript.plain)
    }
}

extension ClientScript {
    /// Handshake and the message's parts, their segments as `arrangement` makes them.
    init(_ message: Message, _ arrangement: Evasion.Arrangement) {
        self.init()
        stream = message.bytes
        send(.open)
        send(.acknowledge(at: 0))
        sendParts(of: message, arrangement)
    }

    mutating func sendParts(of message: Message, _ arrangement: Evasion.Arrangement) {
        var offset = 0
        for part in message.parts {
            switch part {
            case .bytes(let bytes):
                send(arrangement(bytes, offset))
                offset += bytes.count
            case .answer(let bytes): steps.append(.answer(bytes))
            }
        }
    }

    static func plain(_ message: Message) -> ClientScript {
        ClientScript(message) { ScriptedSegment.segments($0, at: $1, size: 1400) }
    }
}
