import RuleLanguage
import Wire

/// What `tag` follows after a rule has matched: a session's or a host's next packets.
struct Tags {
    private struct Tag {
        var option: TagOption
        var start: Timestamp
        var left: UInt64

        /// Takes one packet in; false once the tag is used up.
        mutating func covers(_ packet: borrowing DecodedPacket, now: Timestamp) -> Bool {
            switch option.metric {
            case .packets:
                guard left > 0 else { return false }
                left -= 1
            case .bytes:
                guard left > 0 else { return false }
                left -= min(left, UInt64(packet.ipLength))
            case .seconds: return now.nanoseconds(since: start) <= Int64(option.count) * 1_000_000_000
            }
            return true
        }
    }

    private var sessions: [UInt64: Tag] = [:]
    private var hosts: [IPAddress: Tag] = [:]
    /// Of either kind; further ones are not taken while none has ended.
    private static let capacity = 4096

    var isEmpty: Bool { sessions.isEmpty && hosts.isEmpty }

    mutating func start(_ option: TagOption, _ packet: borrowing DecodedPacket, _ facts: FlowFacts) {
        let tag = Tag(option: option, start: facts.now, left: UInt64(option.count))
        switch option.kind {
        case .session:
            guard facts.hasFlow, sessions[facts.flowID] == nil, sessions.count < Self.capacity else { return }
            sessions[facts.flowID] = tag
        case .host:
            let address = option.tracksSource ? packet.source : packet.destination
            guard hosts[address] == nil, hosts.count < Self.capacity else { return }
            hosts[address] = tag
        }
    }

    /// Whether the packet is one of those that a tag follows. Called once for each packet.
    mutating func cover(_ packet: borrowing DecodedPacket, _ facts: FlowFacts) -> Bool {
        var isCovered = false
        if facts.hasFlow, var tag = sessions[facts.flowID] {
            isCovered = tag.covers(packet, now: facts.now)
            sessions[facts.flowID] = isCovered ? tag : nil
        }
        for address in [packet.source, packet.destination] {
            guard var tag = hosts[address] else { continue }
            let covers = tag.covers(packet, now: facts.now)
            hosts[address] = covers ? tag : nil
            isCovered = isCovered || covers
        }
        return isCovered
    }
}
