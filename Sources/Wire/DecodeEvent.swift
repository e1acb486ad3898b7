/// Anomalies of a single packet; the names that `decode-event:` rules and EVE anomaly records use
/// come from `name` (Suricata's `decode-events.h`).
public enum DecodeEvent: UInt8, Sendable, CaseIterable {
    case ipv4PacketTooSmall, ipv4HeaderTooSmall, ipv4LengthTooSmall, ipv4Truncated

    public var name: String { "" }
}

public struct DecodeEventSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ event: DecodeEvent) { rawValue = 1 << UInt64(event.rawValue) }
}
