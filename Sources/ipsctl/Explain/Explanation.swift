import Control
import Events
import Foundation

/// Why a packet was dropped, alerted on or rewritten, with how to except it: `ipsctl explain --json`.
struct Explanation: Encodable {
    struct Rule: Encodable {
        let sid: UInt32
        let gid: UInt32
        let rev: UInt32?
        let message: String
        /// `FILE:LINE`
        var place: String?
        var text: String?
    }

    struct Patch: Encodable {
        let id: String
        var title: String?
        var stage: String?
        /// Of a canary: `enforce` or `shadow` on this flow.
        var canary: String?
    }

    struct Exception: Encodable { let policy, reason, until: String? }

    struct Match: Encodable {
        let buffer: String
        /// In bytes, of the match in the buffer.
        let offset, length: Int
        let matched, matched_hex: String
        let context, context_hex: String
        let context_offset: Int
    }

    struct Normalisation: Encodable {
        /// What was sent, where that is not what the rule saw.
        var raw: String?
        var raw_hex: String?
        var decoded: [String] = []
        var defragmented = false
        /// Segments of the flow that were rewritten to what came first.
        var segments_rewritten: UInt64 = 0
    }

    struct Container: Encodable { let name, id, image: String }

    struct Remedy: Encodable {
        /// An entry of `exceptions:`.
        let policy: String
        let command: String
    }

    let timestamp: String
    let flow_id: UInt64?
    let source, destination: String
    var source_container, destination_container: Container?
    let verdict: String
    let reason: String?
    var rule: Rule?
    var patch: Patch?
    /// `policy.yaml:12`, or the patch's own file: the line that counted.
    var policy: String?
    /// That line's entry, where it can be read.
    var policy_text: String?
    var exception: Exception?
    var match: Match?
    var normalisation: Normalisation?
    /// The request's target as it was sent.
    var url: String?
    /// nil when no rule is behind it.
    var remedy: Remedy?
    // In one level as well, for readers of the form that had nothing else.
    let src_ip, dest_ip: String
    let src_port, dest_port: UInt16
    let signature_id: UInt32?
    let signature, buffer, matched, matched_hex: String
    let offset, length: Int
    private let isToServer: Bool

    private enum CodingKeys: String, CodingKey {
        case timestamp, flow_id, source, destination, source_container, destination_container, verdict, reason, rule, patch
        case policy, policy_text, exception, match, normalisation, url, remedy
        case src_ip, src_port, dest_ip, dest_port, signature_id, signature, buffer, offset, length, matched, matched_hex
    }

    var client: String { isToServer ? src_ip : dest_ip }
    /// The container that decides what holds: the server's, else the client's.
    var decidingContainer: Container? {
        isToServer ? destination_container ?? source_container : source_container ?? destination_container
    }
}

extension Explanation {
    init(_ decision: DecisionReport) {
        timestamp = decision.timestamp
        flow_id = decision.flow_id == 0 ? nil : decision.flow_id
        source = Self.endpoint(decision.src_ip, decision.src_port)
        destination = Self.endpoint(decision.dest_ip, decision.dest_port)
        verdict = decision.verdict
        reason = decision.reason
        isToServer = decision.direction != "to_client"
        (src_ip, src_port, dest_ip, dest_port) = (decision.src_ip, decision.src_port, decision.dest_ip, decision.dest_port)
        (signature_id, signature, buffer) = (decision.signature_id, decision.signature, decision.buffer)
        (offset, length, matched, matched_hex) = (decision.offset, decision.length, decision.matched, decision.matched_hex)
        url = decision.url
        policy = decision.policy
        if let sid = decision.signature_id {
            rule = Rule(sid: sid, gid: decision.gid ?? 1, rev: decision.rev, message: decision.signature, place: decision.rule_place)
        }
        patch = decision.patch.map { Patch(id: $0, title: decision.patch_title, stage: decision.stage, canary: decision.canary) }
        if let place = decision.exception_policy {
            exception = Exception(policy: place, reason: decision.exception_reason, until: decision.exception_until)
        }
        if !decision.buffer.isEmpty {
            match = Match(
                buffer: decision.buffer, offset: decision.offset, length: decision.length, matchedHex: decision.matched_hex,
                contextHex: decision.context_hex ?? decision.matched_hex, contextOffset: decision.context_offset ?? decision.offset)
        }
        source_container = decision.source_container.map { Container(name: $0.name, id: $0.id, image: $0.image) }
        destination_container = decision.destination_container.map { Container(name: $0.name, id: $0.id, image: $0.image) }
        normalisation = Normalisation(
            raw: decision.raw_hex, decoded: decision.decoded, defragmented: decision.defragmented,
            rewritten: decision.segments_rewritten)
    }

    init(_ event: EVELine) {
        timestamp = event.timestamp
        flow_id = event.flow_id
        source = Self.endpoint(event.src_ip ?? "?", event.src_port ?? 0)
        destination = Self.endpoint(event.dest_ip ?? "?", event.dest_port ?? 0)
        verdict = event.verdict?.action ?? (event.drop == nil ? "alert" : "drop")
        reason = event.drop?.reason
        isToServer = event.direction != "to_client"
        (src_ip, src_port, dest_ip, dest_port) = (event.src_ip ?? "", event.src_port ?? 0, event.dest_ip ?? "", event.dest_port ?? 0)
        (signature_id, signature) = (event.alert?.signature_id, event.alert?.signature ?? "")
        buffer = event.rempart?.buffer ?? ""
        (offset, length) = (event.rempart?.offset ?? 0, event.rempart?.length ?? 0)
        matched_hex = event.rempart?.matched_hex ?? ""
        matched = Printable.text(HexText.bytes(matched_hex))
        source_container = event.containers?.src.map { Container(name: $0.name, id: $0.id, image: $0.image) }
        destination_container = event.containers?.dest.map { Container(name: $0.name, id: $0.id, image: $0.image) }
        url = event.http?.url
        let own = event.rempart
        policy = own?.policy
        if let alert = event.alert {
            rule = Rule(sid: alert.signature_id, gid: alert.gid ?? 1, rev: alert.rev, message: alert.signature ?? "")
        }
        patch = own?.patch.map { Patch(id: $0, stage: own?.stage, canary: own?.canary) }
        exception = own?.exception.map { Exception(policy: $0.policy, reason: $0.reason, until: $0.until) }
        if let buffer = own?.buffer {
            match = Match(
                buffer: buffer, offset: own?.offset ?? 0, length: own?.length ?? 0, matchedHex: own?.matched_hex ?? "",
                contextHex: own?.context_hex ?? own?.matched_hex ?? "", contextOffset: own?.context_offset ?? own?.offset ?? 0)
        }
        normalisation = Normalisation(
            raw: own?.raw_hex, decoded: own?.decoded, defragmented: own?.defragmented, rewritten: own?.segments_rewritten)
    }

    private static func endpoint(_ address: String, _ port: UInt16) -> String {
        guard port != 0 else { return address }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

extension Explanation.Match {
    fileprivate init(
        buffer: String, offset: Int, length: Int, matchedHex: String, contextHex: String, contextOffset: Int
    ) {
        (self.buffer, self.offset, self.length) = (buffer, offset, length)
        matched_hex = matchedHex
        matched = Printable.text(HexText.bytes(matchedHex))
        context_hex = contextHex
        context = Printable.text(HexText.bytes(contextHex))
        context_offset = contextOffset
    }
}

extension Explanation.Normalisation {
    /// nil when nothing was normalised.
    fileprivate init?(raw: String?, decoded: [String]?, defragmented: Bool?, rewritten: UInt64?) {
        raw_hex = raw
        self.raw = raw.map { Printable.text(HexText.bytes($0)) }
        self.decoded = decoded ?? []
        self.defragmented = defragmented ?? false
        segments_rewritten = rewritten ?? 0
        if raw == nil, self.decoded.isEmpty, !self.defragmented, segments_rewritten == 0 { return nil }
    }
}

/// Bytes as hexadecimal digits, and back.
enum HexText {
    /// As many as can be read.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.prefix(8192).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - digits.count % 2, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Sixteen bytes a line, each with its place, as hexdump(1) does it.
    static func dump(_ bytes: [UInt8], from offset: Int) -> [String] {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let line = Array(bytes[start..<min(start + 16, bytes.count)])
            let place = String(max(offset, 0) + start, radix: 16)
            let hex = line.map { Printable.hex([$0]) }.joined(separator: " ")
            let padding = String(repeating: " ", count: 47 - hex.count)
            return String(repeating: "0", count: max(8 - place.count, 0)) + place + "  \(hex)\(padding)  |\(Printable.text(line))|"
        }
    }
}
