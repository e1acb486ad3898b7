import RuleLanguage
import Wire

/// Scores of addresses by category, for `iprep`
/// (https://docs.suricata.io/en/suricata-8.0.0/reputation/ipreputation/ip-reputation-format.html).
public struct Reputation: Sendable {
    private var categories: [String: UInt8] = [:]
    private var hosts: [IPAddress: [UInt8: UInt8]] = [:]
    private var networks: [(range: AddressRange, category: UInt8, score: UInt8)] = []
    public private(set) var problems: [(file: String, line: Int, message: String)] = []

    public init() {}

    public var isEmpty: Bool { categories.isEmpty }

    /// Lines of `number,short name,description`.
    public mutating func readCategories(file: String, bytes: [UInt8]) {
        for (number, fields) in Self.lines(bytes) {
            guard fields.count >= 2, let id = UInt8(fields[0]), id > 0, !fields[1].isEmpty else {
                problems.append((file, number, "expected 'number,name,description' with a number from 1 to 255"))
                continue
            }
            categories[fields[1].lowercased()] = id
        }
    }

    /// Lines of `address or network,category,score`.
    public mutating func readScores(file: String, bytes: [UInt8]) {
        for (number, fields) in Self.lines(bytes) {
            guard fields.count >= 3, let category = UInt8(fields[1]), let score = UInt8(fields[2]), score <= 127 else {
                problems.append((file, number, "expected 'address,category,score' with a score from 0 to 127"))
                continue
            }
            if let address = IPAddress(fields[0]) {
                hosts[address, default: [:]][category] = score
            } else if let range = AddressRange(text: fields[0]) {
                networks.append((range, category, score))
            } else {
                problems.append((file, number, "'\(fields[0])' is not an address or a network"))
            }
        }
    }

    func category(_ name: String) -> UInt8? { categories[name.lowercased()] }

    /// nil when nothing is known of the address.
    func score(_ address: IPAddress, _ category: UInt8) -> UInt8? {
        if let score = hosts[address]?[category] { return score }
        return networks.last { $0.category == category && $0.range.contains(address) }?.score
    }

    private static func lines(_ bytes: [UInt8]) -> [(Int, [String])] {
        var result: [(Int, [String])] = []
        for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line.prefix { $0 != 0x0d }, as: UTF8.self)
            guard let first = text.first(where: { $0 != " " && $0 != "\t" }), first != "#" else { continue }
            let fields = text.split(separator: ",", omittingEmptySubsequences: false).map { field in
                String(field.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            result.append((index + 1, fields))
        }
        return result
    }
}

/// `iprep:side,category,operator,score` or `iprep:side,category,isset|isnotset`.
struct ReputationTest: Sendable {
    enum Side: UInt8 { case any, source, destination, both }
    let side: Side
    let category: UInt8
    /// nil asks whether there is a score.
    let test: NumberTest?
    let isNegated: Bool

    func holds(_ reputation: Reputation, _ packet: borrowing DecodedPacket) -> Bool {
        let source = holds(reputation.score(packet.source, category))
        let destination = holds(reputation.score(packet.destination, category))
        return switch side {
        case .any: source || destination
        case .source: source
        case .destination: destination
        case .both: source && destination
        }
    }

    private func holds(_ score: UInt8?) -> Bool {
        guard let test else { return (score != nil) != isNegated }
        return score.map { test.holds(UInt64($0)) } ?? false
    }

    init(_ arguments: String, _ reputation: Reputation) throws(CompileError) {
        let parts = arguments.split(separator: ",").map { $0.filter { $0 != " " } }
        let sides: [String: Side] = ["any": .any, "src": .source, "dst": .destination, "both": .both]
        guard parts.count >= 3, let side = sides[parts[0].lowercased()] else {
            throw CompileError(message: "expected 'iprep:any|src|dst|both,category,operator,score'")
        }
        guard let category = reputation.category(parts[1]) ?? (reputation.isEmpty ? nil : UInt8(parts[1])) else {
            throw CompileError(
                message: reputation.isEmpty
                    ? "iprep needs a categories file in the configuration" : "no reputation category '\(parts[1])'")
        }
        self.side = side
        self.category = category
        isNegated = parts[2] == "isnotset"
        guard parts[2] != "isset", parts[2] != "isnotset" else {
            test = nil
            return
        }
        guard parts.count == 4, let score = UInt64(parts[3]), score <= 127 else {
            throw CompileError(message: "expected a score from 0 to 127 after the operator")
        }
        switch parts[2] {
        case "<": test = .less(score)
        case ">": test = .greater(score)
        case "=": test = .equal(score)
        case "<=": test = .lessOrEqual(score)
        case ">=": test = .greaterOrEqual(score)
        case "!=": test = .notEqual(score)
        default: throw CompileError(message: "'\(parts[2])' is not an operator: expected <, >, =, <=, >= or !=")
        }
    }
}
