public import RuleLanguage
public import Wire

/// What the operator wants: which patches hold where and how far they may go, and what is excepted
/// (docs/policy.md).
public struct Policy: Sendable {
    /// As it was named; in front of the lines that events name.
    public var file = ""
    /// In the file's order: of those that fit a container and a patch the last one counts.
    public var lines: [PolicyLine] = []
    public var exceptions: [PolicyException] = []

    /// Each patch has the stage that its own file says.
    public static let none = Policy()

    public init() {}

    /// Whether the rules of a patch may ever do anything, now or later, on any container; else they need not be loaded.
    /// - Parameter stage: what the patch's own file says.
    public func canHold(patch id: String, stage: PatchPackage.Stage) -> Bool {
        var can = stage != .off
        for line in lines where line.patch.matches(id) {
            if line.stage != .off {
                can = true
            } else if line.selector.isEverywhere, line.until == nil {
                can = false
            }
        }
        return can
    }
}

/// `patches:` of a policy.
public struct PolicyLine: Sendable {
    /// An id or a pattern of them.
    public var patch: Glob
    public var selector: ContainerSelector
    public var stage: PatchPackage.Stage
    /// Of a canary.
    public var canary: PolicyCanary
    public var reason: String?
    public var until: PolicyDay?
    public var location = SourceLocation()

    public init(
        patch: Glob, selector: ContainerSelector = ContainerSelector(), stage: PatchPackage.Stage,
        canary: PolicyCanary = .standard, reason: String? = nil, until: PolicyDay? = nil
    ) {
        self.patch = patch
        self.selector = selector
        self.stage = stage
        self.canary = canary
        self.reason = reason
        self.until = until
    }
}

/// What a canary is enforced on.
public enum PolicyCanary: Hashable, Sendable {
    /// Flows, of 10,000.
    case share(UInt16)
    /// Of the containers that the line selects those with the lowest numbers, which are the ones that were seen first.
    case replicas(Int)

    /// A tenth of the flows.
    public static let standard = PolicyCanary.share(1000)

    /// As it stands in a policy.
    public var text: String {
        switch self {
        case .replicas(let count): return "{replicas: \(count)}"
        case .share(let parts): return "{share: \(Self.percent(parts))}"
        }
    }

    /// Parts of 10,000 as `10%` or `2.5%`.
    public static func percent(_ parts: UInt16) -> String {
        let (whole, rest) = (parts / 100, parts % 100)
        let digits = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return "\(whole)\(digits)%"
    }
}

/// `exceptions:` of a policy.
public struct PolicyException: Sendable {
    public enum Subject: Sendable {
        case patch(Glob)
        case sid(UInt32)
    }

    public var subject: Subject
    public var selector: ContainerSelector
    /// Of the request's path.
    public var path: Glob?
    /// Of the flow's client.
    public var source: AddressRange?
    /// `source` as it was written.
    public var sourceText: String?
    public var until: PolicyDay
    public var reason: String
    public var location = SourceLocation()

    public init(
        subject: Subject, selector: ContainerSelector = ContainerSelector(), path: Glob? = nil, source: AddressRange? = nil,
        sourceText: String? = nil, until: PolicyDay, reason: String
    ) {
        self.subject = subject
        self.selector = selector
        self.path = path
        self.source = source
        self.sourceText = sourceText
        self.until = until
        self.reason = reason
    }
}

extension Policy {
    /// What has ended by `now`, in words, with its place.
    public func expired(at now: Timestamp) -> [(location: SourceLocation, message: String)] {
        lines.compactMap { line in
            guard let until = line.until, until.end <= now else { return nil }
            return (line.location, "the line for \(line.patch.text) ended on \(until) and holds no more")
        }
            + exceptions.compactMap { exception in
                guard exception.until.end <= now else { return nil }
                return (exception.location, "the exception for \(exception.subject.text) ended on \(exception.until) and holds no more")
            }
    }
}

extension PolicyException.Subject {
    /// `log4shell` or `sid 5910003`.
    public var text: String {
        switch self {
        case .patch(let glob): glob.text
        case .sid(let sid): "sid \(sid)"
        }
    }
}
