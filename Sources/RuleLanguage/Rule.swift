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
    /// A keyword needs a parser that the engine does not have.
    public var neverMatches = false
    /// The whole rule text, for `ipsctl explain` and the formatter.
    public var text = ""

    public enum Target: UInt8, Sendable { case source, destination }

    public init() {}

    /// The part of the rule around `place` with a caret below it; nil when the place is not in the rule's first line.
    public func excerpt(_ place: SourceLocation?) -> String? {
        guard let place, place.line == location.line, place.column >= location.column else { return nil }
        return RuleText(file: location.file, bytes: Array(text.utf8)).excerpt(
            SourceLocation(file: location.file, line: 1, column: place.column - location.column + 1))
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
