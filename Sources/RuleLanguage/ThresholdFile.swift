/// What threshold.config says (https://docs.suricata.io/en/suricata-8.0.0/configuration/global-thresholds.html).
public struct ThresholdFile: Sendable {
    public struct Entry: Sendable {
        public enum Kind: Sendable {
            case threshold(ThresholdOption)
            case rateFilter(ThresholdOption, newAction: Rule.Action, timeoutSeconds: UInt32)
            /// nil track: always.
            case suppress(track: SuppressTrack?, AddressSet)
        }
        /// 0 stands for all.
        public var gid: UInt32
        public var sid: UInt32
        public var kind: Kind
        public var location: SourceLocation

        public func applies(to rule: Rule) -> Bool { (gid == 0 || gid == rule.gid) && (sid == 0 || sid == rule.sid) }
    }

    public enum SuppressTrack: UInt8, Sendable { case bySource, byDestination, byEither }

    public private(set) var entries: [Entry] = []
    /// Lines that could not be read; the others hold.
    public private(set) var diagnostics: [Diagnostic] = []

    public init() {}

    public init(file: String, bytes: [UInt8], variables: RuleVariables) {
        let text = RuleText(file: file, bytes: bytes)
        for line in text.logicalLines() {
            do throws(RuleError) {
                var entry = try Self.entry(line, variables)
                entry.location = text.location(line.startIndex)
                entries.append(entry)
            } catch {
                diagnostics.append(text.diagnostic(.error, error, sid: nil))
            }
        }
    }

    private static func entry(_ line: Field, _ variables: RuleVariables) throws(RuleError) -> Entry {
        guard let blank = line.firstIndex(where: \.isSpace) else { throw expected(line) }
        let command = line[line.startIndex..<blank]
        let settings = try Settings(line[blank...])
        let gid = try settings.required("gen_id", line).unsigned32("gen_id")
        let sid = try settings.required("sig_id", line).unsigned32("sig_id")
        let kind: Entry.Kind
        switch command.text {
        case "threshold", "event_filter":
            kind = .threshold(try threshold(settings, line, kind: try settings.required("type", line)))
        case "rate_filter":
            let action = try settings.required("new_action", line)
            guard let newAction = actions[action.text] else {
                throw RuleError("'\(action.text)' is not an action: expected alert, drop, pass or reject", at: action)
            }
            kind = .rateFilter(
                try threshold(settings, line, kind: nil), newAction: newAction,
                timeoutSeconds: try settings.required("timeout", line).unsigned32("timeout"))
        case "suppress": kind = try suppression(settings, variables, line)
        default: throw expected(line)
        }
        return Entry(gid: gid, sid: sid, kind: kind, location: SourceLocation())
    }

    private static let actions: [String: Rule.Action] = [
        "alert": .alert, "drop": .drop, "pass": .pass, "reject": .reject,
    ]

    private static func expected(_ line: Field) -> RuleError {
        RuleError("expected 'threshold', 'event_filter', 'rate_filter' or 'suppress' with its settings", at: line)
    }

    private static func threshold(
        _ settings: Settings, _ line: Field, kind: Field?
    ) throws(RuleError) -> ThresholdOption {
        let track = try settings.required("track", line)
        guard let track = OptionReader.tracks[track.text] else {
            throw RuleError(
                "'\(track.text)' is not known: expected by_src, by_dst, by_rule, by_both or by_flow", at: track)
        }
        let count = try settings.required("count", line).integer(in: 1...Int64(UInt32.max), "count")
        var option = ThresholdOption(kind: .threshold, track: track, count: UInt32(count), seconds: 0)
        option.seconds = try settings.required("seconds", line).unsigned32("seconds")
        if let kind {
            guard let known = OptionReader.thresholdKinds[kind.text], known != .backoff else {
                throw RuleError("'\(kind.text)' is not known: expected limit, threshold or both", at: kind)
            }
            option.kind = known
        }
        return option
    }

    private static func suppression(
        _ settings: Settings, _ variables: RuleVariables, _ line: Field
    ) throws(RuleError) -> Entry.Kind {
        guard let track = settings["track"] else {
            if let address = settings["ip"] { throw RuleError("'ip' needs 'track by_src', 'by_dst' or 'by_either'", at: address) }
            return .suppress(track: nil, .any)
        }
        let tracks: [String: SuppressTrack] = ["by_src": .bySource, "by_dst": .byDestination, "by_either": .byEither]
        guard let known = tracks[track.text] else {
            throw RuleError("'\(track.text)' is not known: expected by_src, by_dst or by_either", at: track)
        }
        return .suppress(track: known, try variables.addressSet(try settings.required("ip", line)))
    }
}

/// `name value, name value`; a list in brackets is one value.
private struct Settings {
    private var values: [String: Field] = [:]

    init(_ field: Field) throws(RuleError) {
        var depth = 0
        var start = field.startIndex
        var parts: [Field] = []
        for index in field.indices {
            if field[index] == UInt8(ascii: "[") { depth += 1 }
            if field[index] == UInt8(ascii: "]") { depth -= 1 }
            if field[index] == UInt8(ascii: ","), depth == 0 {
                parts.append(field[start..<index].trimmed)
                start = index + 1
            }
        }
        parts.append(field[start...].trimmed)
        for part in parts {
            guard let blank = part.firstIndex(where: \.isSpace) else {
                throw RuleError("expected 'name value', as in 'gen_id 1'", at: part)
            }
            values[part[part.startIndex..<blank].text] = part[blank...].trimmed
        }
    }

    subscript(name: String) -> Field? { values[name] }

    func required(_ name: String, _ line: Field) throws(RuleError) -> Field {
        guard let value = values[name] else { throw RuleError("'\(name)' is missing", at: line) }
        return value
    }
}
