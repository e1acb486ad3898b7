public import RuleLanguage
public import Wire

/// Where a patch or rule does not act after all, until when and why.
public struct ScopeException: Sendable {
    public enum Subject: Sendable {
        /// Numbers of patches.
        case patches(Set<UInt16>)
        /// A rule with generator 1, of a patch or not.
        case rule(sid: UInt32)
    }

    public let subject: Subject
    /// Of the request's path; nil for every match.
    public let path: Glob?
    /// Of the flow's client; nil for all.
    public let source: AddressRange?
    /// Holds for packets before this time.
    public let until: Timestamp
    /// `policy.yaml:30`.
    public let place: String
    public let reason: String
    /// The last day, as it was written.
    public let lastDay: String

    public init(
        subject: Subject, path: Glob?, source: AddressRange?, until: Timestamp, place: String, reason: String, lastDay: String
    ) {
        self.subject = subject
        self.path = path
        self.source = source
        self.until = until
        self.place = place
        self.reason = reason
        self.lastDay = lastDay
    }

    func covers(_ rule: Rule) -> Bool {
        switch subject {
        case .patches(let numbers): numbers.contains(rule.patch)
        case .rule(let sid): rule.sid == sid && rule.gid == 1
        }
    }
}

public enum RequestPath {
    /// The path of a request target that means the same to every server, with its escapes decoded; nil for one that is
    /// written in a roundabout way.
    ///
    /// An exception must not be a way around a patch: a path with dot segments, parameters, or escaped separators is
    /// not what it looks like to some servers.
    public static func plain(_ target: [UInt8]) -> [UInt8]? {
        guard var rest = origin(target) else { return nil }
        rest = rest.prefix { $0 != UInt8(ascii: "?") }
        var path: [UInt8] = []
        var place = rest.startIndex
        while place < rest.endIndex {
            var byte = rest[place]
            if byte == UInt8(ascii: "%") {
                guard let decoded = escape(rest[place...]) else { return nil }
                byte = decoded
                place += 2
                guard !"/\\.%?".utf8.contains(byte) else { return nil }
            }
            guard byte > 0x20, byte != 0x7f, !"#;\\".utf8.contains(byte) else { return nil }
            path.append(byte)
            place += 1
        }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isRoundabout = segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
        return isRoundabout || path.first != UInt8(ascii: "/") ? nil : path
    }

    /// Without scheme and authority (RFC 9112, section 3.2).
    private static func origin(_ target: [UInt8]) -> ArraySlice<UInt8>? {
        if target.first == UInt8(ascii: "/") { return target[...] }
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), target[colon...].starts(with: "://".utf8),
            let slash = target[(colon + 3)...].firstIndex(of: UInt8(ascii: "/"))
        else { return nil }
        return target[slash...]
    }

    private static func escape(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        let digits = bytes.dropFirst().prefix(2).compactMap(digit)
        return digits.count == 2 ? digits[0] << 4 | digits[1] : nil
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
