public import Containers
import RuleLanguage
public import Wire

/// Joins scan reports with the patches that there are and the containers that run.
public struct Recommender {
    private let index: PatchIndex
    private let reports: [ScanReport]
    /// nil when it is not known what runs.
    private let running: [Container]?
    private let policy: Policy
    private let time: Timestamp

    /// - Parameters:
    ///   - containers: those that run; nil when that is not known.
    ///   - time: for lines of the policy and patches that end.
    public init(patches: [PatchPackage], reports: [ScanReport], containers: [Container]?, policy: Policy, at time: Timestamp) {
        index = PatchIndex(patches)
        self.reports = reports
        running = containers?.filter { !$0.isSandbox }
        self.policy = policy
        self.time = time
    }

    public func recommendation() -> Recommendation {
        var result = Recommendation()
        result.warnings = reports.flatMap(\.warnings)
        var groups = ImageGroup.groups(reports)
        var needed: Set<Int> = []
        var scanned: Set<String> = []
        for place in groups.indices {
            if let running { groups[place].find(in: running) }
            scanned.formUnion(groups[place].containers.map(\.id))
            let patches = add(groups[place], to: &result)
            if !groups[place].containers.isEmpty { needed.formUnion(patches) }
        }
        result.uncovered.sort { ($1.severity, $0.cve, $0.package, $0.image.text) < ($0.severity, $1.cve, $1.package, $1.image.text) }
        retire(needed: needed, scanned: scanned, &result)
        return result
    }

    /// - Returns: the patches that the image needs.
    private func add(_ group: ImageGroup, to result: inout Recommendation) -> Set<Int> {
        let image = Recommendation.Image(
            name: group.name, digests: group.digests, containers: running.map { _ in group.containers.map(\.name).sorted() },
            joined_by: group.containers.isEmpty ? nil : group.isByName ? "name" : "digest")
        result.images.append(image)
        var reasons: [Int: [PatchReason]] = [:]
        var unsure: [String] = []
        var seen: Set<String> = []
        for finding in group.reports.flatMap(\.findings) {
            let patches = index.patches(for: finding).filter { !hasEnded(index.patches[$0]) }
            for patch in patches {
                let cve = ([finding.id] + finding.aliases).first { index.patches[patch].cves.contains($0) }
                reasons[patch, default: []].append(
                    PatchReason(cve: cve, package: finding.package.name, version: finding.package.version, affected: nil))
            }
            guard patches.isEmpty, seen.insert("\(finding.id) \(finding.package.name) \(finding.package.version)").inserted else { continue }
            result.uncovered.append(uncovered(finding, image))
        }
        for package in group.reports.flatMap(\.packages) {
            for match in index.matches(package, unsure: &unsure) where !hasEnded(index.patches[match.patch]) {
                reasons[match.patch, default: []].append(match.reason)
            }
        }
        for (patch, found) in reasons.sorted(by: { index.patches[$0.key].id < index.patches[$1.key].id }) {
            var unique: Set<PatchReason> = []
            result.enable.append(enable(index.patches[patch], image, group, found.filter { unique.insert($0).inserted }))
        }
        var told = Set(result.warnings)
        for text in unsure where told.insert("\(image.text): \(text)").inserted { result.warnings.append("\(image.text): \(text)") }
        return Set(reasons.keys)
    }

    private func hasEnded(_ patch: PatchPackage) -> Bool { patch.end.map { $0.end <= time } ?? false }

    private func enable(
        _ patch: PatchPackage, _ image: Recommendation.Image, _ group: ImageGroup, _ reasons: [PatchReason]
    ) -> Recommendation.Enable {
        // Of containers of one image the least protected one counts.
        let holdings = group.containers.map { policy.holding(patch, on: $0, at: time) }
        let weakest = holdings.min { $0.stage.strength < $1.stage.strength }
        return Recommendation.Enable(
            patch: patch.id, title: patch.title, image: image, stage: patch.stage == .off ? .shadow : patch.stage,
            because: reasons, in_force: weakest)
    }

    private func uncovered(_ finding: ScanReport.Finding, _ image: Recommendation.Image) -> Recommendation.Uncovered {
        let ended = index.patches(for: finding).map { index.patches[$0] }.first
        let isFlaw = finding.id.hasPrefix("CVE-")
        let because =
            if let ended, let end = ended.end { "patch \(ended.id) ended on \(end)" } else if isFlaw {
                "no patch names it"
            } else { "no patch can name it: the report gives no CVE number" }
        return Recommendation.Uncovered(
            cve: finding.id, aliases: finding.aliases, severity: finding.severity, package: finding.package.name,
            version: finding.package.version, image: image, because: because)
    }

    /// Only where every container that a patch holds for was scanned can it be said to protect nothing.
    private func retire(needed: Set<Int>, scanned: Set<String>, _ result: inout Recommendation) {
        guard let running else {
            result.warnings.append("it is not known what runs: which patches may retire can't be said")
            return
        }
        let unscanned = running.filter { !scanned.contains($0.id) }
        // Those for no product in particular protect whatever runs.
        for (place, patch) in index.patches.enumerated() where !needed.contains(place) && !hasEnded(patch) && !patch.affects.isEmpty {
            let everywhere = running.map { policy.holding(patch, on: $0, at: time) }
            guard let strongest = everywhere.max(by: { $0.stage.strength < $1.stage.strength }), strongest.stage != .off,
                unscanned.allSatisfy({ policy.holding(patch, on: $0, at: time).stage == .off })
            else { continue }
            result.retire.append(
                .init(
                    patch: patch.id, stage: strongest.stage, place: strongest.place,
                    because: "none of the \(running.count) containers that run has what it is for"))
        }
        if !unscanned.isEmpty {
            let names = unscanned.map(\.name).sorted()
            let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
            result.warnings.append(
                "\(unscanned.count) containers run images without a report (\(shown)): what holds for them is kept")
        }
    }
}

extension PatchPackage.Stage {
    /// How much it does.
    var strength: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Policy {
    /// The stage of a patch on a container (nil: traffic without one), and what says so.
    public func holding(_ patch: PatchPackage, on container: Container?, at time: Timestamp) -> Recommendation.InForce {
        let line = lines.last { line in
            line.patch.matches(patch.id) && line.until.map({ $0.end > time }) ?? true
                && (container.map(line.selector.fits) ?? line.selector.isEverywhere)
        }
        guard let line else { return .init(stage: patch.stage, place: "\(patch.folder)/patch.yaml") }
        return .init(stage: line.stage, place: "\(line.location.file):\(line.location.line)")
    }
}
