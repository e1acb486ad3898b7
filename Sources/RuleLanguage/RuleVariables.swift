/// Address and port variables (`$HOME_NET`, `$HTTP_PORTS`), resolved when they are set.
///
/// The defaults are made for a container host, where the attacker may be the container next door:
/// every address is home and external at once. So a variable that holds everything leaves nothing out behind
/// a `!` either.
public struct RuleVariables: Sendable {
    private var addresses: [String: String] = [:]
    private var ports: [String: String] = [:]
    private static let maximumDepth = 16

    public init() {
        for name in [
            "HOME_NET", "EXTERNAL_NET", "HTTP_SERVERS", "SMTP_SERVERS", "SQL_SERVERS", "DNS_SERVERS", "TELNET_SERVERS",
            "AIM_SERVERS", "DC_SERVERS", "DNP3_SERVER", "DNP3_CLIENT", "MODBUS_CLIENT", "MODBUS_SERVER", "ENIP_CLIENT",
            "ENIP_SERVER",
        ] {
            addresses[name] = "any"
        }
        // Containers serve HTTP on any port; protocols are recognised by content.
        ports = [
            "HTTP_PORTS": "any", "SHELLCODE_PORTS": "!80", "ORACLE_PORTS": "1521", "SSH_PORTS": "22",
            "DNP3_PORTS": "20000", "MODBUS_PORTS": "502", "FILE_DATA_PORTS": "[$HTTP_PORTS,110,143]",
            "FTP_PORTS": "21", "GENEVE_PORTS": "6081", "VXLAN_PORTS": "4789", "TEREDO_PORTS": "3544",
            "SIP_PORTS": "[5060,5061]",
        ]
    }

    public mutating func setAddressGroup(_ name: String, to value: String) { addresses[name] = value }

    public mutating func setPortGroup(_ name: String, to value: String) { ports[name] = value }

    /// What is wrong with an address variable, once all that it may refer to are set.
    public func problem(addressGroup name: String) -> Diagnostic? {
        problem(name, addresses[name] ?? "") { field throws(RuleError) in _ = try self.addressSet(field) }
    }

    /// What is wrong with a port variable, once all that it may refer to are set.
    public func problem(portGroup name: String) -> Diagnostic? {
        problem(name, ports[name] ?? "") { field throws(RuleError) in _ = try self.portSet(field) }
    }

    private func problem(
        _ name: String, _ value: String, _ check: (Field) throws(RuleError) -> Void
    ) -> Diagnostic? {
        let text = RuleText(file: "$\(name)", bytes: Array(value.utf8))
        do throws(RuleError) {
            try check(text.bytes[...].trimmed)
            return nil
        } catch {
            return text.diagnostic(.error, error, sid: nil)
        }
    }

    func addressSet(_ field: Field) throws(RuleError) -> AddressSet {
        let ranges = try addressRanges(field, depth: 0)
        guard !ranges.isEmpty else {
            throw RuleError("'\(field.text)' holds no address at all", at: field)
        }
        return ranges.set
    }

    private static func tooDeep(_ field: Field) -> RuleError {
        RuleError("brackets and variables are nested more than \(maximumDepth) deep, or a variable refers to itself", at: field)
    }

    private func addressRanges(_ field: Field, depth: Int) throws(RuleError) -> AddressRanges {
        guard depth < Self.maximumDepth else { throw Self.tooDeep(field) }
        if let rest = field.dropping("!") {
            let ranges = try addressRanges(rest, depth: depth + 1)
            return ranges.isEverything && rest.contains(UInt8(ascii: "$")) ? .all : ranges.complement
        }
        if field.first == UInt8(ascii: "[") {
            var included: AddressRanges?
            var excluded = AddressRanges()
            for element in try Self.elements(field) {
                if let rest = element.dropping("!") {
                    let ranges = try addressRanges(rest, depth: depth + 1)
                    if ranges.isEverything, rest.contains(UInt8(ascii: "$")) { continue }
                    excluded = excluded.union(ranges)
                } else {
                    included = (included ?? AddressRanges()).union(try addressRanges(element, depth: depth + 1))
                }
            }
            return (included ?? .all).subtracting(excluded)
        }
        if let name = field.dropping("$") {
            guard let value = addresses[name.text] else { throw Self.unknown(name, addresses, "address") }
            return try resolve(value, at: field) { inner throws(RuleError) in
                try self.addressRanges(inner, depth: depth + 1)
            }
        }
        if field.text.lowercased() == "any" { return .all }
        return try AddressRanges(literal: field)
    }

    /// Whether an address stands behind a `!`, in the field or in a variable that it names.
    func hasNegation(_ field: Field, depth: Int = 0) -> Bool {
        if field.contains(UInt8(ascii: "!")) { return true }
        guard depth < Self.maximumDepth else { return false }
        return field.split(whereSeparator: { !$0.isNameByte && $0 != UInt8(ascii: "$") }).contains { part in
            guard let name = part.dropping("$"), let value = addresses[name.text] else { return false }
            return hasNegation(Array(value.utf8)[...], depth: depth + 1)
        }
    }

    func portSet(_ field: Field) throws(RuleError) -> PortSet {
        let ranges = try portRanges(field, depth: 0).ranges
        guard !ranges.isEmpty else { throw RuleError("'\(field.text)' holds no port at all", at: field) }
        return PortSet(ranges: ranges)
    }

    private func portRanges(_ field: Field, depth: Int) throws(RuleError) -> PortRanges {
        guard depth < Self.maximumDepth else { throw Self.tooDeep(field) }
        if let rest = field.dropping("!") {
            let ports = try portRanges(rest, depth: depth + 1)
            return ports == .all && rest.contains(UInt8(ascii: "$")) ? .all : ports.complement
        }
        if field.first == UInt8(ascii: "[") {
            var included: PortRanges?
            var excluded = PortRanges()
            for element in try Self.elements(field) {
                if let rest = element.dropping("!") {
                    let ports = try portRanges(rest, depth: depth + 1)
                    if ports == .all, rest.contains(UInt8(ascii: "$")) { continue }
                    excluded = excluded.union(ports)
                } else {
                    included = (included ?? PortRanges()).union(try portRanges(element, depth: depth + 1))
                }
            }
            return (included ?? .all).subtracting(excluded)
        }
        if let name = field.dropping("$") {
            guard let value = ports[name.text] else { throw Self.unknown(name, ports, "port") }
            return try resolve(value, at: field) { inner throws(RuleError) in try self.portRanges(inner, depth: depth + 1) }
        }
        if field.text.lowercased() == "any" { return .all }
        return try PortRanges(literal: field)
    }

    /// Reads a variable's value; what is wrong in there is reported where the variable is used.
    private func resolve<Result>(
        _ value: String, at field: Field, _ body: (Field) throws(RuleError) -> Result
    ) throws(RuleError) -> Result {
        do throws(RuleError) {
            return try body(Array(value.utf8)[...].trimmed)
        } catch {
            throw RuleError("\(error.message) (in \(field.text))", at: field)
        }
    }

    private static func unknown(_ name: Field, _ known: [String: String], _ kind: String) -> RuleError {
        RuleError(
            "no \(kind) variable '$\(name.text)'; there are \(known.keys.sorted().map { "$" + $0 }.joined(separator: ", "))",
            at: name)
    }

    /// The elements of `[a, b, [c]]`, nested lists in one piece.
    private static func elements(_ field: Field) throws(RuleError) -> [Field] {
        guard field.last == UInt8(ascii: "]") else { throw RuleError("the list has no closing ']'", at: field) }
        let inner = field.dropFirst().dropLast()
        var result: [Field] = []
        var depth = 0
        var start = inner.startIndex
        for index in inner.indices {
            switch inner[index] {
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ",") where depth == 0:
                result.append(inner[start..<index].trimmed)
                start = index + 1
            default: break
            }
            if depth < 0 { throw RuleError("the list has a ']' too many", at: inner[index...]) }
        }
        result.append(inner[start...].trimmed)
        guard depth == 0 else { throw RuleError("the list has a '[' too many", at: field) }
        if let empty = result.first(where: \.isEmpty) { throw RuleError("an element of the list is empty", at: empty) }
        return result
    }
}
