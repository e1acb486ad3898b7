import Yams
import Wire

extension ConfigurationReader {
    func string(_ node: Node) throws(ConfigurationError) -> String {
        guard let scalar = node.scalar else { throw error(node, "expected a single value") }
        return scalar.string
    }

    func strings(_ node: Node) throws(ConfigurationError) -> [String] {
        guard let sequence = node.sequence else { return [try string(node)] }
        var result: [String] = []
        for element in sequence { result.append(try string(element)) }
        return result
    }

    /// Up to four UDP ports.
    func ports(_ node: Node) throws(ConfigurationError) -> TunnelPorts.PortList {
        guard case let ports?? = TunnelPorts.PortList.parse(try strings(node)) else {
            throw error(node, "expected a list of up to \(TunnelPorts.PortList.capacity) ports")
        }
        return ports
    }

    func pairs(_ node: Node) throws(ConfigurationError) -> [(name: String, value: String)] {
        guard let mapping = node.mapping else { throw error(node, "expected NAME: value lines") }
        var result: [(name: String, value: String)] = []
        for (key, value) in mapping { result.append((try string(key), try string(value))) }
        return result
    }

    func boolean(_ node: Node) throws(ConfigurationError) -> Bool {
        switch try string(node) {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw error(node, "expected true or false")
        }
    }

    func integer(_ node: Node, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let value = Int(try string(node)), range.contains(value) else {
            throw error(node, "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ node: Node) throws(ConfigurationError) -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try string(node)) else {
            throw error(node, "expected \(Choice.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        return choice
    }

    /// `65536`, `64 KiB`, `32MiB`, `1gb`; all units are powers of 1,024, as in suricata.yaml.
    func bytes(_ node: Node, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let value = ByteCount.parse(try string(node)), range.contains(value) else {
            throw error(node, "expected a size such as 64 KiB or 32 MiB, at least \(range.lowerBound) bytes")
        }
        return value
    }
}

enum ByteCount {
    /// nil for anything that is not a number with an optional unit, or that overflows.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let unit = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
        let factor: Int
        switch unit {
        case "", "b": factor = 1
        case "k", "kb", "kib": factor = 1 << 10
        case "m", "mb", "mib": factor = 1 << 20
        case "g", "gb", "gib": factor = 1 << 30
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}

/// `0` or `0-3`.
public enum QueueRange {
    public static let expectation = "expected a queue number or a range such as 0-3"

    public static func parse(_ text: String) -> ClosedRange<UInt16>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap({ UInt16($0) }), parts.count <= 2 else { return nil }
        guard parts.count == 2 else { return first...first }
        guard let last = UInt16(parts[1]), last >= first, last - first < 64 else { return nil }
        return first...last
    }
}
