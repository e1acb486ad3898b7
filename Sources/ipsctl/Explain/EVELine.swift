import Control
import Foundation

/// An alert or drop as the EVE file has it: what `ipsctl explain` reads of it.
struct EVELine: Decodable {
    struct Alert: Decodable {
        let action: String?
        let gid: UInt32?
        let signature_id: UInt32
        let rev: UInt32?
        let signature: String?
    }

    struct Own: Decodable {
        struct Exception: Decodable { let policy, reason, until: String? }

        let patch, stage, canary, policy: String?
        let exception: Exception?
        let buffer: String?
        let offset, length, context_offset: Int?
        let matched_hex, context_hex, raw_hex: String?
        let decoded: [String]?
        let defragmented: Bool?
        let segments_rewritten: UInt64?
    }

    struct Verdict: Decodable { let action: String? }
    struct Drop: Decodable { let reason: String? }
    struct Web: Decodable { let url: String? }

    let timestamp: String
    let event_type: String?
    let flow_id: UInt64?
    let src_ip, dest_ip: String?
    let src_port, dest_port: UInt16?
    let direction: String?
    let alert: Alert?
    let verdict: Verdict?
    let drop: Drop?
    let http: Web?
    let containers: PacketContainersReport?
    let rempart: Own?

    /// Events of one JSON document or of one a line; what is neither alert nor drop is passed over.
    /// - Throws: `Failure` with status 2 for text that is no event at all.
    static func read(_ text: String, from place: String) throws -> [EVELine] {
        let decoder = JSONDecoder()
        if let one = try? decoder.decode(EVELine.self, from: Data(text.utf8)) { return [one].filter(\.isExplained) }
        var events: [EVELine] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where !line.allSatisfy(\.isWhitespace) {
            do {
                events.append(try decoder.decode(EVELine.self, from: Data(line.utf8)))
            } catch {
                throw Failure.unusable("\(place):\(index + 1): expected an event as one JSON object with a timestamp")
            }
        }
        return events.filter(\.isExplained)
    }

    private var isExplained: Bool { alert != nil || drop != nil }
}
