import RuleLanguage
import Synchronization
import Wire

/// Bits that rules set on hosts and pairs of hosts (`xbits`, `hostbits`). The only state that workers share:
/// a host's flows are spread over all queues. Only rules with these keywords come here.
public final class HostState: Sendable {
    struct Key: Hashable {
        var name: UInt32
        var first: IPAddress
        var second: IPAddress?
    }

    private final class Shard: Sendable {
        let bits = Mutex<[Key: Timestamp]>([:])
    }

    private let shards: [Shard]
    private static let shardCount = 16
    /// Bits in one shard; beyond it expired ones go, and no new one is taken while none has.
    private static let capacity = 16_384

    public init() { shards = (0..<Self.shardCount).map { _ in Shard() } }

    private func shard(_ key: Key) -> Int { Int((key.first.low ^ UInt64(key.name)) % UInt64(Self.shardCount)) }

    func isSet(_ key: Key, now: Timestamp) -> Bool {
        shards[shard(key)].bits.withLock { bits in
            guard let until = bits[key] else { return false }
            return now <= until
        }
    }

    func set(_ key: Key, until: Timestamp, now: Timestamp) {
        shards[shard(key)].bits.withLock { bits in
            if bits.count >= Self.capacity, bits[key] == nil { bits = bits.filter { now <= $0.value } }
            if bits.count < Self.capacity || bits[key] != nil { bits[key] = until }
        }
    }

    func unset(_ key: Key) {
        _ = shards[shard(key)].bits.withLock { $0.removeValue(forKey: key) }
    }
}

/// One bit of a host, as a rule names it.
struct HostBit: Sendable {
    let name: UInt32
    let track: HostbitsOption.Track

    /// The keys that the bit has for a packet: both hosts of `hostbits:…,both` are asked one by one.
    func keys(_ packet: borrowing DecodedPacket) -> [HostState.Key] {
        let (source, destination) = (packet.source, packet.destination)
        switch track {
        case .source, .transaction: return [HostState.Key(name: name, first: source)]
        case .destination: return [HostState.Key(name: name, first: destination)]
        case .both: return [HostState.Key(name: name, first: source), HostState.Key(name: name, first: destination)]
        case .pair:
            let isOrdered =
                (source.family.rawValue, source.high, source.low)
                <= (destination.family.rawValue, destination.high, destination.low)
            return [
                HostState.Key(name: name, first: isOrdered ? source : destination, second: isOrdered ? destination : source)
            ]
        }
    }
}
