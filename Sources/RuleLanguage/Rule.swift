public import Wire

/// One rule as it was written: a value with only valid states, not yet bound to any engine.
/// Syntax and meaning are Suricata's (https://docs.suricata.io/en/suricata-8.0.0/rules/).
public struct Rule: Sendable {
    public enum Action: UInt8, Sendable {
        case alert, drop, reject, pass
        public var drops: Bool { self == .drop || self == .reject }
    }
    /// Who gets the reset: `reject` and `rejectsrc` the sender, `rejectdst`, `rejectboth`.
    public enum RejectTarget: UInt8, Sendable { case source, destination, both }

    public var action: Action = .alert
    public var rejectTarget: RejectTarget = .source
    /// The keyword `alert`: a `pass` rule that says when it matches.
    public var alertsWhenPassing = false
    public var header = RuleHeader()
    /// In the order of the rule text; order carries meaning for relative matches.
    public var options: [RuleOption] = []

    public var sid: UInt32 = 0
    public var gid: UInt32 = 1
    public var rev: UInt32 = 0
    public var message = ""
    public var classType: String? = nil
    /// The class type's description.
    public var category = ""
    /// From `priority:` or the class type's default; 1 to 255, 1 is the highest. 3 when neither says.
    public var priority: UInt8 = 3
    /// (system, id) as written; the URL prefix comes from reference.config.
    public var references: [(system: String, id: String)] = []
    public var referenceLinks: [String] = []
    /// `metadata:` pairs, in order; a key may repeat.
    public var metadata: [(key: String, value: String)] = []
    public var target: Target? = nil
    public var location = SourceLocation()
    /// The patch that the rule belongs to, counted from 1 by whoever loads them; 0 for none.
    public var patch: UInt16 = 0
    /// A keyword needs a parser that the engine does not have.
    public var neverMatches = false
    /// The whole rule text; continued lines are joined. Dropped once the rule is compiled.
    public var text = ""
    /// Bytes of the text.
    public var length = 0
    /// Where the file's second and later lines begin in `text`; empty for a rule on one line.
    public var lineStarts: [Int] = []

    public enum Target: UInt8, Sendable { case source, destination }

    public init() {}

}

extension Rule {
    /// Behind the rule's last byte.
    public var end: SourceLocation { place(of: length) }

    /// About the rule: of the word at `place`, or of all of it.
    public func diagnostic(
        _ severity: Diagnostic.Severity, _ code: DiagnosticCode, _ message: String, at place: SourceLocation? = nil
    ) -> Diagnostic {
        guard let place, let offset = offset(of: place) else {
            return Diagnostic(
                severity: severity, code: code, location: place ?? location, end: place == nil ? end : nil, sid: sid,
                message: message, excerpt: nil)
        }
        let bytes = Array(text.utf8)
        let wordEnd = RuleText.wordEnd(bytes[...], from: offset, limit: bytes.count)
        let shown = RuleText(file: location.file, bytes: bytes)
        return Diagnostic(
            severity: severity, code: code, location: place, end: self.place(of: wordEnd), sid: sid, message: message,
            excerpt: shown.excerpt(SourceLocation(file: location.file, line: 1, column: offset + 1)))
    }

    private func place(of offset: Int) -> SourceLocation {
        guard let line = lineStarts.lastIndex(where: { $0 <= offset }) else {
            return SourceLocation(file: location.file, line: location.line, column: location.column + offset)
        }
        return SourceLocation(file: location.file, line: location.line + line + 1, column: offset - lineStarts[line] + 1)
    }

    /// nil when the place is not in the rule.
    private func offset(of place: SourceLocation) -> Int? {
        let line = place.line - location.line
        guard place.file == location.file, line >= 0, line <= lineStarts.count else { return nil }
        let offset = line == 0 ? place.column - location.column : lineStarts[line - 1] + place.column - 1
        return offset >= 0 && offset < text.utf8.count ? offset : nil
    }
}

/// A place in a rule or configuration file; line and column count from 1, the column in bytes.
public struct SourceLocation: Hashable, Sendable {
    public var file = ""
    public var line = 0
    public var column = 0

    public init() {}
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

public struct RuleHeader: Sendable {
    /// As written, lower case: `tcp`, `http`, `ip`, `tcp-pkt`, `http1`, …
    public var proto = "ip"
    public var source = AddressSet.any
    public var sourcePorts = PortSet.any
    public var isBidirectional = false
    /// `=>`: the rule is on both sides of a transaction, whose client is the source.
    public var isTransactional = false
    /// An address of either side stands behind a `!`.
    public var hasNegatedAddress = false
    public var destination = AddressSet.any
    public var destinationPorts = PortSet.any

    public init() {}
}

/// Addresses with variables resolved: `addr` is in the set when some `included` range holds it
/// (an empty list holds every address) and no `excluded` range does.
public struct AddressSet: Hashable, Sendable {
    public var included: [AddressRange] = []
    public var excluded: [AddressRange] = []
    public static let any = AddressSet()
    public init() {}
}

/// Inclusive; IPv4 addresses are the low 32 bits with `isIPv6 == false`.
public struct AddressRange: Hashable, Sendable {
    public var isIPv6: Bool
    public var first: (high: UInt64, low: UInt64) { (firstHigh, firstLow) }
    public var last: (high: UInt64, low: UInt64) { (lastHigh, lastLow) }
    var firstHigh, firstLow, lastHigh, lastLow: UInt64

    public init(isIPv6: Bool, first: (high: UInt64, low: UInt64), last: (high: UInt64, low: UInt64)) {
        self.isIPv6 = isIPv6
        firstHigh = first.high
        firstLow = first.low
        lastHigh = last.high
        lastLow = last.low
    }
}

extension AddressRange {
    public func contains(_ address: IPAddress) -> Bool {
        isIPv6 == (address.family == .ipv6) && first <= (address.high, address.low) && (address.high, address.low) <= last
    }

    /// `10.0.0.0/8` and the like; nil for anything else.
    public init?(text: String) {
        guard let ranges = try? AddressRanges(literal: Array(text.utf8)[...]) else { return nil }
        guard let range = ranges.set.included.first else { return nil }
        self = range
    }
}

/// Ports with variables and negation resolved into sorted, disjoint ranges.
public struct PortSet: Hashable, Sendable {
    public var ranges: [ClosedRange<UInt16>]
    public static let any = PortSet(ranges: [0...UInt16.max])
    public var isAny: Bool { ranges == [0...UInt16.max] }
    public init(ranges: [ClosedRange<UInt16>]) { self.ranges = ranges }
}
