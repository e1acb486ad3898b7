import Wire

/// Options on header fields and lengths.
extension OptionReader {
    private static let numbers: [String: String] = [
        "dsize": "dsize", "ttl": "ttl", "tos": "tos", "id": "id", "itype": "itype", "icode": "icode", "icmp_id": "icmp_id",
        "icmp_seq": "icmp_seq", "seq": "tcp.seq", "tcp.seq": "tcp.seq", "ack": "tcp.ack", "tcp.ack": "tcp.ack",
        "window": "tcp.window", "tcp.window": "tcp.window", "tcp.mss": "tcp.mss", "tcp.wscale": "tcp.wscale",
        "flow.age": "flow.age", "flow.pkts_toserver": "flow.pkts_toserver", "flow.pkts_toclient": "flow.pkts_toclient",
        "flow.bytes_toserver": "flow.bytes_toserver", "flow.bytes_toclient": "flow.bytes_toclient",
        "icmpv6.mtu": "icmpv6.mtu", "vlan.layers": "vlan.layers",
        "dns.opcode": "dns.opcode", "dns.rcode": "dns.rcode", "dns.rrtype": "dns.rrtype",
    ]

    /// Numbers that a transaction has several of.
    private static let lists: Set<String> = ["dns.rrtype"]

    /// Bits of the fields that are compared.
    private static let widths: [String: Int] = [
        "dsize": 16, "ttl": 8, "tos": 8, "id": 16, "itype": 8, "icode": 8, "icmp_id": 16, "icmp_seq": 16, "tcp.seq": 32,
        "tcp.ack": 32, "tcp.window": 16, "tcp.mss": 16, "tcp.wscale": 8, "flow.age": 32, "flow.pkts_toserver": 32,
        "flow.pkts_toclient": 32, "icmpv6.mtu": 32, "vlan.layers": 8, "dns.opcode": 8, "dns.rcode": 16, "dns.rrtype": 16,
    ]

    mutating func readHeaderOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        if let canonical = Self.numbers[name] {
            let value = try required(value, keyword).unquoted()
            if canonical == "tos", let test = try Self.bareHexadecimal(value) {
                rule.options.append(.number(keyword: canonical, test: test))
                return true
            }
            guard Self.lists.contains(canonical) else {
                rule.options.append(.number(keyword: canonical, test: try Self.test(canonical, value)))
                return true
            }
            let test = try NumberListTest(value) { part throws(RuleError) in try Self.test(canonical, part) }
            rule.options.append(.numbers(keyword: canonical, test: test, direction: nil))
            return true
        }
        switch name {
        case "urilen": try readURILength(try required(value, keyword))
        case "flags", "tcp.flags": rule.options.append(.tcpFlags(try tcpFlags(try required(value, keyword))))
        case "ipopts": rule.options.append(.ipOptions(try required(value, keyword).text))
        case "fragbits": rule.options.append(.fragmentBits(try fragmentBits(try required(value, keyword))))
        case "fragoffset":
            rule.options.append(.number(keyword: "fragoffset", test: try NumberTest(try required(value, keyword), bits: 16)))
        case "ip_proto": try readIPProtocol(try required(value, keyword))
        case "vlan.id": try readVLANID(try required(value, keyword))
        case "ipv4-csum", "tcpv4-csum", "tcpv6-csum", "udpv4-csum", "udpv6-csum", "icmpv4-csum", "icmpv6-csum":
            let value = try required(value, keyword)
            let word = try value.unquoted()
            guard ["valid", "invalid"].contains(word.text.lowercased()) else {
                throw RuleError("expected 'valid' or 'invalid', not '\(word.text)'", at: value)
            }
            rule.options.append(.other(keyword: name, arguments: word.text.lowercased(), location: location(keyword)))
        case "sameip": rule.options.append(.sameIP)
        default: return false
        }
        return true
    }

    /// `x08` and `!x08`, as `tos` takes them.
    private static func bareHexadecimal(_ value: Field) throws(RuleError) -> NumberTest? {
        let inner = (value.dropping("!") ?? value).trimmed
        guard let letter = inner.first, letter == UInt8(ascii: "x") || letter == UInt8(ascii: "X") else { return nil }
        guard (2...3).contains(inner.count), let number = UInt64(inner.dropFirst().text, radix: 16) else {
            throw RuleError("expected two hexadecimal digits after 'x'", at: inner)
        }
        return inner.startIndex == value.startIndex ? .equal(number) : .notEqual(number)
    }

    /// DNS types and codes have names too: `dns.rrtype:!TXT`.
    private static func test(_ keyword: String, _ value: Field) throws(RuleError) -> NumberTest {
        let inner = (value.dropping("!") ?? value).trimmed
        guard let first = inner.first, keyword.hasPrefix("dns."), UInt8(ascii: "A")...UInt8(ascii: "z") ~= first else {
            return try NumberTest(value, bits: widths[keyword] ?? 64)
        }
        guard let number = DNSNames.number(keyword, inner.text) else {
            throw RuleError("'\(inner.text)' is not known in \(keyword): expected a number or a name", at: inner)
        }
        return value.startIndex == inner.startIndex ? .equal(number) : .notEqual(number)
    }

    private mutating func readURILength(_ value: Field) throws(RuleError) {
        let parts = value.parts(",")
        let isRaw = parts.count > 1 && parts[1].text == "raw"
        rule.options.append(.number(keyword: isRaw ? "urilen.raw" : "urilen", test: try NumberTest(parts[0], bits: 16)))
    }

    private func tcpFlags(_ value: Field) throws(RuleError) -> TCPFlagsOption {
        let parts = value.parts(",")
        var field = parts[0]
        var mode = TCPFlagsOption.Mode.exactly
        var isAny = false
        func read(_ modifier: UInt8) {
            if modifier == UInt8(ascii: "+") { mode = .atLeast }
            if modifier == UInt8(ascii: "*") { mode = .anyOf }
            if modifier == UInt8(ascii: "!") { isAny = true }
        }
        while let first = field.first, "!+*".utf8.contains(first) {
            read(first)
            field = field.dropFirst().trimmed
        }
        // Snort's way to write them.
        while let last = field.last, "!+*".utf8.contains(last) {
            read(last)
            field = field.dropLast().trimmed
        }
        if isAny { mode = .notAllOf }
        return TCPFlagsOption(
            flags: try Self.flagBits(field), ignored: parts.count > 1 ? try Self.flagBits(parts[1]) : 0, mode: mode)
    }

    private static func flagBits(_ field: Field) throws(RuleError) -> UInt8 {
        var bits: UInt8 = 0
        for (index, letter) in zip(field.indices, field) {
            switch Character(UnicodeScalar(letter)).uppercased() {
            case "F": bits |= 0x01
            case "S": bits |= 0x02
            case "R": bits |= 0x04
            case "P": bits |= 0x08
            case "A": bits |= 0x10
            case "U": bits |= 0x20
            case "E", "2": bits |= 0x40
            case "C", "1": bits |= 0x80
            case "0": break
            default: throw RuleError("expected letters of F, S, R, P, A, U, E, C or 0", offset: index)
            }
        }
        return bits
    }

    private func fragmentBits(_ value: Field) throws(RuleError) -> FragmentBitsOption {
        var option = FragmentBitsOption(bits: 0, mode: .exactly)
        for (index, letter) in zip(value.indices, value) {
            switch Character(UnicodeScalar(letter)) {
            case "+": option.mode = .andOthers
            case "*": option.mode = .anyOf
            case "!": option.mode = .notAllOf
            case "R": option.bits |= 4
            case "D": option.bits |= 2
            case "M": option.bits |= 1
            default: throw RuleError("expected M, D or R, with +, * or ! before it", offset: index)
            }
        }
        return option
    }

    private mutating func readIPProtocol(_ value: Field) throws(RuleError) {
        let value = try value.unquoted().trimmed
        let inner = value.dropping("!") ?? value
        let test: NumberTest
        if let number = IPProtocolNames.number(inner.text) {
            test = .equal(UInt64(number))
        } else {
            test = try NumberTest(inner, bits: 8)
        }
        rule.options.append(.ipProtocol(negated: value.startIndex != inner.startIndex, relation: test))
    }

    /// A frame has three tags at most.
    private mutating func readVLANID(_ value: Field) throws(RuleError) {
        let test = try NumberListTest(value) { part throws(RuleError) in try NumberTest(part, bits: 16) }
        switch test.selection {
        case .index(let index), .indexOrOutside(let index):
            guard (-3...2).contains(index) else { throw RuleError("no frame has a VLAN tag \(index): expected -3 to 2", at: value) }
        default: break
        }
        rule.options.append(.vlanID(test))
    }
}
