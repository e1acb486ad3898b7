public import Wire

/// A virtual patch: rules for one flaw, what they protect, and the requests that prove them.
///
/// On disk a folder named by the id: `patch.yaml`, `patch.rules`, `exploit/`, `benign/`
/// (see docs/patches.md).
public struct PatchPackage: Sendable {
    public enum Severity: String, Sendable, CaseIterable { case low, medium, high, critical }
    /// What the patch's rules do: nothing; alert; act as they are written on some flows and alert on the others; act on
    /// all.
    public enum Stage: String, Sendable, CaseIterable { case off, shadow, canary, enforce }

    /// A package URL without a version, and the versions that have the flaw.
    public struct Affected: Sendable {
        public let purl: PackageURL
        /// In the order of the package's ecosystem.
        public let versions: VersionRange
    }

    /// The bytes that a client sends, and where they go.
    public struct Request: Sendable {
        /// The file's name without its extension.
        public let name: String
        public let bytes: [UInt8]
        public let port: UInt16
    }

    public let id: String
    public let title: String
    public let cves: [String]
    public let products: [String]
    public let affects: [Affected]
    public let references: [String]
    public let severity: Severity
    public let stage: Stage
    /// The last day on which the rules do anything; nil for no end.
    public let end: PolicyDay?
    /// Server port for the requests; 80 unless the file says otherwise.
    public let port: UInt16
    public let folder: String
    public let exploits: [Request]
    public let benign: [Request]

    public var rulesPath: String { "\(folder)/patch.rules" }
}

/// A patch as a policy knows it.
public struct PatchIdentity: Hashable, Sendable {
    public let id: String
    public let title: String
    /// Where no policy says otherwise.
    public let stage: PatchPackage.Stage
    /// `FOLDER/patch.yaml:LINE`: what says so.
    public let place: String
    /// The last day on which it does anything; nil for no end.
    public let end: PolicyDay?

    public init(id: String, title: String, stage: PatchPackage.Stage, place: String, end: PolicyDay? = nil) {
        self.id = id
        self.title = title
        self.stage = stage
        self.place = place
        self.end = end
    }

    public func hasEnded(by time: Timestamp) -> Bool { end.map { $0.end <= time } ?? false }
}

/// Why a patch package or a policy can't be used; names the file and, in YAML, line and column.
public struct PatchError: Error, CustomStringConvertible {
    public let file: String
    public let line: Int?
    public let column: Int?
    public let message: String

    public var description: String {
        guard let line, let column else { return "\(file): \(message)" }
        return "\(file):\(line):\(column): \(message)"
    }
}
