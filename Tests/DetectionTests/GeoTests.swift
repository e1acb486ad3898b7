@testable import Detection
import RuleLanguage
import TestSupport
import Testing
import Wire

/// A database in MaxMind's format, built as https://maxmind.github.io/MaxMind-DB/ describes it.
private struct GeoFile {
    private indirect enum Node { case empty, country(String), branch(Node, Node) }
    private var root = Node.empty
    private let isIPv6: Bool

    init(isIPv6: Bool) { self.isIPv6 = isIPv6 }

    mutating func add(_ network: String, _ length: Int, _ country: String) {
        guard let address = IPAddress(network) else { return }
        var bits: [Bool] = []
        let isIPv4 = address.family == .ipv4
        if isIPv6, isIPv4 { bits = [Bool](repeating: false, count: 96) }
        for index in 0..<length {
            let word = isIPv4 || index >= 64 ? address.low : address.high
            bits.append(word >> UInt64(isIPv4 ? 31 - index : 63 - index % 64) & 1 == 1)
        }
        root = Self.inserted(root, bits[...], country)
    }

    private static func inserted(_ node: Node, _ bits: ArraySlice<Bool>, _ country: String) -> Node {
        guard let bit = bits.first else { return .country(country) }
        var (left, right) = (Node.empty, Node.empty)
        if case .branch(let a, let b) = node { (left, right) = (a, b) }
        if bit { right = inserted(right, bits.dropFirst(), country) } else { left = inserted(left, bits.dropFirst(), country) }
        return .branch(left, right)
    }

    func bytes(recordBits: Int) -> [UInt8] {
        var nodes: [(Node, Node)] = []
        func number(_ node: Node) {
            guard case .branch(let left, let right) = node else { return }
            nodes.append((left, right))
            number(left)
            number(right)
        }
        number(root)
        var data: [UInt8] = Self.string("country")
        var places: [String: Int] = [:]
        func size(_ node: Node) -> Int { if case .branch(let a, let b) = node { 1 + size(a) + size(b) } else { 0 } }
        func record(_ node: Node, _ next: inout Int) -> Int {
            switch node {
            case .empty: return nodes.count
            case .country(let code):
                if places[code] == nil {
                    places[code] = data.count
                    // Another member first; the key "country" is a pointer to the first string.
                    data += [0xe2] + Self.string("continent") + [0xe1] + Self.string("code") + Self.string("EU")
                    data += [0x20, 0] + [0xe2] + Self.string("geoname_id") + [0xc2, 1, 2] + Self.string("iso_code") + Self.string(code)
                }
                return nodes.count + 16 + (places[code] ?? 0)
            case .branch:
                defer { next += size(node) }
                return next
            }
        }
        var tree: [UInt8] = []
        for (index, (left, right)) in nodes.enumerated() {
            var next = index + 1
            let (a, b) = (record(left, &next), record(right, &next))
            switch recordBits {
            case 24: tree += Self.big(a, 3) + Self.big(b, 3)
            case 28: tree += Self.big(a & 0xff_ffff, 3) + [UInt8((a >> 24) << 4 | b >> 24)] + Self.big(b & 0xff_ffff, 3)
            default: tree += Self.big(a, 4) + Self.big(b, 4)
            }
        }
        let metadata =
            [0xe3] + Self.string("node_count") + [0xc4] + Self.big(nodes.count, 4) + Self.string("record_size") + [0xa1, UInt8(recordBits)]
            + Self.string("ip_version") + [0xa1, isIPv6 ? 6 : 4]
        return tree + [UInt8](repeating: 0, count: 16) + data + [0xab, 0xcd, 0xef] + Array("MaxMind.com".utf8) + metadata
    }

    private static func string(_ text: String) -> [UInt8] { [0x40 | UInt8(text.utf8.count)] + Array(text.utf8) }
    private static func big(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
    }
}

struct GeoTests {
    private static func database(recordBits: Int = 24, isIPv6: Bool = true) throws -> GeoDatabase {
        var file = GeoFile(isIPv6: isIPv6)
        file.add("198.51.100.0", 24, "DE")
        file.add("203.0.113.0", 25, "FR")
        file.add("203.0.113.128", 25, "US")
        if isIPv6 { file.add("2001:db8::", 32, "JP") }
        return try GeoDatabase(file.bytes(recordBits: recordBits))
    }

    @Test(arguments: [24, 28, 32])
    func countriesAreFoundInEveryFormOfTheTree(recordBits: Int) throws {
        for isIPv6 in [false, true] {
            let database = try Self.database(recordBits: recordBits, isIPv6: isIPv6)
            func country(_ text: String) throws -> String? {
                let code = database.country(of: try #require(IPAddress(text)))
                return code.map { String(decoding: [UInt8($0 >> 8), UInt8($0 & 0xff)], as: UTF8.self) }
            }
            #expect(try country("198.51.100.7") == "DE")
            #expect(try country("203.0.113.127") == "FR")
            #expect(try country("203.0.113.128") == "US")
            #expect(try country("192.0.2.1") == nil)
            #expect(try country("2001:db8:1::1") == (isIPv6 ? "JP" : nil))
            #expect(try country("2001:db9::1") == nil)
        }
    }

    @Test(arguments: [
        ("src,DE", ["198.51.100.1>203.0.113.1"], ["203.0.113.1>198.51.100.1", "192.0.2.1>198.51.100.1"]),
        ("dst,FR,US", ["198.51.100.1>203.0.113.1", "192.0.2.1>203.0.113.200"], ["203.0.113.1>198.51.100.1"]),
        ("both,DE,FR", ["198.51.100.1>203.0.113.1"], ["198.51.100.1>203.0.113.200", "198.51.100.1>192.0.2.1"]),
        ("any,FR", ["198.51.100.1>203.0.113.1", "203.0.113.1>192.0.2.1"], ["198.51.100.1>192.0.2.1"]),
        ("FR", ["192.0.2.1>203.0.113.1"], ["192.0.2.1>192.0.2.2"]),
        ("src,!DE", ["203.0.113.1>192.0.2.1"], ["198.51.100.1>203.0.113.1", "192.0.2.1>203.0.113.1"]),
        ("src,!DE,FR", ["203.0.113.200>192.0.2.1"], ["203.0.113.1>192.0.2.1", "198.51.100.1>192.0.2.1"]),
    ] as [(String, [String], [String])])
    func rulesAskForCountries(option: String, matching: [String], others: [String]) throws {
        var options = CompilerOptions()
        options.countries = try Self.database()
        let lab = PayloadLab(rules: "alert udp any any -> any any (geoip:\(option); sid:1;)", options: options)
        #expect(lab.diagnostics.isEmpty, "\(lab.diagnostics)")
        func sids(_ ends: String) throws -> [UInt32] {
            let parts = ends.split(separator: ">").map(String.init)
            let builder = PacketBuilder(
                source: try #require(IPAddress(parts[0])), sourcePort: 9, destination: try #require(IPAddress(parts[1])), destinationPort: 9)
            return lab.sids([1], from: builder)
        }
        for ends in matching { #expect(try sids(ends) == [1], "\(ends)") }
        for ends in others { #expect(try sids(ends) == [], "\(ends)") }
    }

    @Test(arguments: [
        ("src,DEU", "is not a country"), ("src,de", "is not a country"), ("src", "expected 'geoip:"), ("src,DE,!FR", "before the first"),
    ])
    func whatIsWrongIsSaid(option: String, message: String) throws {
        var options = CompilerOptions()
        options.countries = try Self.database()
        let lab = PayloadLab(rules: "alert udp any any -> any any (geoip:\(option); sid:1;)", options: options)
        #expect(lab.diagnostics.count == 1 && lab.diagnostics[0].message.contains(message), "\(lab.diagnostics)")
    }

    @Test
    func withoutADatabaseTheRuleSaysWhatIsMissing() {
        let lab = PayloadLab(["geoip:src,DE;"])
        #expect(lab.diagnostics.count == 1 && lab.diagnostics[0].message.contains("set 'geoip-database'"))
    }

    /// Whatever a file holds: an error or answers, never a trap.
    @Test(arguments: 0..<200)
    func noFileTraps(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var file = GeoFile(isIPv6: true)
        file.add("198.51.100.0", 24, "DE")
        file.add("2001:db8::", 32, "JP")
        var bytes = file.bytes(recordBits: [24, 28, 32].randomElement(using: &random) ?? 24)
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeFirst(Int.random(in: 0..<bytes.count, using: &random)) }
        guard let database = try? GeoDatabase(bytes) else { return }
        for text in ["198.51.100.7", "2001:db8::1", "0.0.0.0", "ffff::ffff"] {
            _ = database.country(of: try #require(IPAddress(text)))
        }
    }
}

struct LayerThreeTests {
    @Test
    func aRuleAsksForOneVersionOfIP() {
        let lab = PayloadLab(["l3_proto:ipv4;", "l3_proto:ip6;", "l3_proto:ip;"])
        #expect(lab.diagnostics.isEmpty && lab.sids([1]) == [1, 3], "\(lab.diagnostics)")
        let wrong = PayloadLab(["l3_proto:arp;"])
        #expect(wrong.diagnostics.map(\.message) == ["'arp' is not a protocol of layer 3: expected ip, ipv4 or ipv6"])
    }

    @Test
    func aBufferTakesNoValue() {
        let lab = PayloadLab([#"tls.sni:x; content:"a";"#])
        #expect(lab.diagnostics.map(\.message) == ["the buffer 'tls.sni' takes no value: expected 'tls.sni;'"])
    }
}
