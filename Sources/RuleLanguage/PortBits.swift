/// A set of ports, one bit each.
struct PortBits: Equatable {
    private var words: [UInt64]

    init() { words = Array(repeating: 0, count: 1024) }

    static var all: PortBits { PortBits().complement }

    /// `80`, `80:90`, `:1024`, `1024:`.
    init(literal field: Field) throws(RuleError) {
        self.init()
        let parts = field.parts(":")
        guard parts.count <= 2 else { throw RuleError("'\(field.text)' is not a port or a range like 80:90", at: field) }
        let first = parts[0].isEmpty && parts.count == 2 ? 0 : try parts[0].integer(in: 0...65535, "the port")
        var last = first
        if parts.count == 2 { last = parts[1].isEmpty ? 65535 : try parts[1].integer(in: 0...65535, "the port") }
        guard first <= last else { throw RuleError("the range '\(field.text)' runs backwards", at: field) }
        for port in first...last { words[Int(port) >> 6] |= 1 << UInt64(port & 63) }
    }

    mutating func formUnion(_ other: PortBits) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    func subtracting(_ other: PortBits) -> PortBits {
        var result = self
        for index in words.indices { result.words[index] &= ~other.words[index] }
        return result
    }

    var complement: PortBits {
        var result = self
        for index in words.indices { result.words[index] = ~words[index] }
        return result
    }

    var ranges: [ClosedRange<UInt16>] {
        var result: [ClosedRange<UInt16>] = []
        var start: Int?
        for port in 0...65536 {
            let isIn = port < 65536 && words[port >> 6] & (1 << UInt64(port & 63)) != 0
            if isIn, start == nil { start = port }
            if !isIn, let first = start {
                result.append(UInt16(first)...UInt16(port - 1))
                start = nil
            }
        }
        return result
    }
}
