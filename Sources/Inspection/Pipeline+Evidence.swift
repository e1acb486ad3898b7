import AppLayer
import Detection
import Events
import Wire

/// What alerts and `ipsctl explain` show of a match: the bytes as the rule saw them, and as they came.
extension Pipeline {
    func matchRecord(_ evidence: Evidence, _ transaction: Transaction?, _ judgement: Judgement) -> MatchRecord {
        var record = MatchRecord()
        record.buffer = evidence.buffer
        record.offset = evidence.offset
        record.length = evidence.length
        record.context = evidence.context
        record.contextOffset = evidence.contextOffset
        record.isDefragmented = judgement.isReassembled
        record.rewrittenSegments = judgement.state.map { UInt64($0.rewrittenSegments) } ?? 0
        guard let http = transaction as? HTTPTransaction, let buffer = Buffer(keyword: evidence.buffer) else { return record }
        record.decodings = decodings(buffer, http, judgement.direction)
        record.raw = Self.asItCame(buffer, http)
        return record
    }

    /// The target or host as it was sent, where the rule saw something else.
    private static func asItCame(_ buffer: Buffer, _ http: HTTPTransaction) -> [UInt8]? {
        let raw: Buffer
        switch buffer {
        case .httpURI: raw = .httpURIRaw
        case .httpHost: raw = .httpHostRaw
        default: return nil
        }
        let sent = http.buffer(raw, direction: .toServer, index: 0)?.bytes
        let seen = http.buffer(buffer, direction: .toServer, index: 0)?.bytes
        return sent == seen ? nil : sent.map { Array($0.prefix(rawBytes)) }
    }

    /// Of what was sent that are shown.
    private static let rawBytes = 512

    /// What was undone between the wire and the buffer.
    private func decodings(_ buffer: Buffer, _ http: HTTPTransaction, _ direction: Direction) -> [String] {
        let isBody = buffer == .httpRequestBody || buffer == .httpResponseBody || buffer == .fileData
        if http is HTTP2Transaction, !isBody { return ["hpack"] }
        guard isBody else { return [] }
        let message = http.message(buffer.direction ?? direction)
        let names = ["transfer-encoding", "content-encoding"].compactMap { message.value(named: $0) }
        return names.flatMap { $0.split(separator: UInt8(ascii: ",")) }.prefix(8).map { name in
            Printable.text(Array(name.filter { $0 != 0x20 && $0 != 0x09 }.prefix(32))).lowercased()
        }
    }
}
