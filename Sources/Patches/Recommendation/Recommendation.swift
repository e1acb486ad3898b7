/// Which patches to enable where, what no patch covers, and what may go: the answer to scan reports.
public struct Recommendation: Sendable, Encodable {
    /// Where a patch is wanted: one image.
    public struct Image: Sendable, Encodable, Hashable {
        /// As the reports call it; nil when they have no name for it.
        public let name: String?
        public let digests: [String]
        /// Names of the containers that run it; nil when it is not known what runs.
        public let containers: [String]?
        /// How they were found: `digest` or `name`.
        public let joined_by: String?

        /// For people: the name, else a digest.
        public var text: String { name ?? digests.first ?? "an unnamed subject" }
    }

    public struct Enable: Sendable, Encodable {
        public let patch: String
        public let title: String
        public let image: Image
        public let stage: PatchPackage.Stage
        public let because: [PatchReason]
        /// The stage that holds there already, and what says so; nil when it is not known what runs.
        public let in_force: InForce?
    }

    public struct InForce: Sendable, Encodable, Hashable {
        public let stage: PatchPackage.Stage
        /// `policy.yaml:12` or the patch's own file.
        public let place: String

        public init(stage: PatchPackage.Stage, place: String) {
            self.stage = stage
            self.place = place
        }
    }

    public struct Uncovered: Sendable, Encodable {
        public let cve: String
        public let aliases: [String]
        public let severity: ScanReport.Severity
        public let package: String
        public let version: String
        public let image: Image
        public let because: String

        /// With its version where that is known.
        public var packageText: String { version.isEmpty ? package : "\(package) \(version)" }
    }

    /// A patch in force that protects nothing that runs.
    public struct Retire: Sendable, Encodable {
        public let patch: String
        public let stage: PatchPackage.Stage
        public let place: String
        public let because: String
    }

    /// All that was scanned.
    public internal(set) var images: [Image] = []
    public internal(set) var enable: [Enable] = []
    /// The severest first.
    public internal(set) var uncovered: [Uncovered] = []
    public internal(set) var retire: [Retire] = []
    /// What could not be told, for people.
    public internal(set) var warnings: [String] = []
}

extension ScanReport.Severity: Encodable {}
