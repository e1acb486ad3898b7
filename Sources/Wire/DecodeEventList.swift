/// What was found odd about one packet, in the order of finding; sixteen at most, later ones are not kept.
public struct DecodeEventList: Hashable, Sendable {
    /// A byte for each event, the first one lowest: its raw value plus one.
    private var packed: UInt128 = 0

    public init() {}
    public init(_ event: DecodeEvent) { append(event) }

    public var isEmpty: Bool { packed == 0 }

    /// Once for each kind.
    public mutating func note(_ event: DecodeEvent) {
        if !contains(event) { append(event) }
    }

    /// Even when an event of its kind is there already.
    public mutating func append(_ event: DecodeEvent) {
        let place = (128 &- packed.leadingZeroBitCount &+ 7) / 8
        guard place < 16 else { return }
        packed |= UInt128(event.rawValue &+ 1) << UInt128(place &* 8)
    }

    public func contains(_ event: DecodeEvent) -> Bool {
        var rest = packed
        while rest != 0 {
            if UInt8(truncatingIfNeeded: rest) == event.rawValue &+ 1 { return true }
            rest >>= 8
        }
        return false
    }

    public var members: [DecodeEvent] {
        var result: [DecodeEvent] = []
        var rest = packed
        while rest != 0 {
            if let event = DecodeEvent(rawValue: UInt8(truncatingIfNeeded: rest) &- 1) { result.append(event) }
            rest >>= 8
        }
        return result
    }
}
