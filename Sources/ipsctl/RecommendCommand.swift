public import ArgumentParser
import Containers
import Control
public import Patches
import Runtime
import Wire

/// `ipsctl patches recommend`
struct RecommendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend", abstract: "Says which patches scan reports ask for, and where; writes them into the policy.",
        discussion: """
            Reads reports of Trivy and Grype (JSON), and SBOMs in CycloneDX (JSON 1.2 to 1.6) and SPDX (JSON 2.2, 2.3). A \
            patch is for an image when it names a flaw that the report names, or a package with an affected version. Images \
            are joined with the containers that run by their digests; without --containers the running ipsd is asked, and \
            without one nothing is said of what runs.

            --apply writes a line for each patch and image into the policy and changes nothing that people wrote: its lines \
            are those whose reason begins with "recommended:". 'ipsctl reload' brings them into force.

            Examples:
              trivy image --format json --list-all-pkgs -o shop.json shop/orders:2.3
              ipsctl patches recommend shop.json
              ipsctl patches recommend --json shop.json sbom.cdx.json | jq '.uncovered[].cve'
              ipsctl patches recommend --containers containers.json --apply --stage shadow --policy policy.yaml shop.json
            """)

    @OptionGroup var connection: ConnectionOptions
    @Option(help: ArgumentHelp("Containers as 'ipsctl containers --json' prints them; '-' for: not known.", valueName: "file"))
    var containers: String?
    @Option(help: ArgumentHelp("A folder of patch packages instead of the shipped ones.", valueName: "folder")) var patches: String?
    @Option(help: ArgumentHelp("The policy.", valueName: "file")) var policy = Configuration.defaultPolicyPath
    @Option(help: "The stage for the lines of --apply: shadow, canary or enforce; each patch's own when not given.")
    var stage: PatchPackage.Stage?
    @Flag(help: "Write the recommendation into the policy.") var apply = false
    @Flag(help: "Print one JSON document on standard output.") var json = false
    @Argument(help: ArgumentHelp("Reports and SBOMs.", valueName: "report")) var reports: [String]

    func run() async throws {
        if stage == .off { throw Failure.unusable("--stage: expected shadow, canary or enforce") }
        if stage != nil, !apply { throw Failure.unusable("--stage means nothing without --apply") }
        let library = try PatchSelection(patches.map { [$0] } ?? []).patches
        let running = try await running()
        do {
            var editor = try PolicyEditor(file: policy)
            let recommendation = Recommender(
                patches: library, reports: try reports.map { try ReportReader().report(file: $0) }, containers: running,
                policy: editor.policy, at: .now
            ).recommendation()
            var changes: [PolicyUpdate.Change]?
            if apply {
                changes = try PolicyUpdate(stage: stage, at: .now).apply(recommendation, to: &editor)
                try editor.write()
            }
            let result = Result(recommendation: recommendation, changes: changes)
            if json { try Console.json(result) } else { result.write(policy: policy) }
        } catch let error as PatchError {
            throw Failure.unusable(error.description)
        } catch let error as ReportError {
            throw Failure.unusable(error.description)
        }
    }

    /// nil when it is not known what runs.
    private func running() async throws -> [Container]? {
        if let containers {
            guard containers != "-" else { return nil }
            do { return try RunningContainers.read(file: containers) } catch { throw Failure.unusable("\(error)") }
        }
        do {
            let report = try await connection.client.get("/v1/containers", as: RunningReport.self)
            return report.containers.map(\.container)
        } catch {
            Console.note("what runs is not known (\(error)); --containers names a file that says it")
            return nil
        }
    }

    fileprivate struct Result: Encodable {
        let recommendation: Recommendation
        let changes: [PolicyUpdate.Change]?

        private enum CodingKeys: CodingKey { case changes }

        func encode(to encoder: any Encoder) throws {
            try recommendation.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(changes, forKey: .changes)
        }
    }
}

extension RecommendCommand.Result {
    fileprivate func write(policy: String) {
        for warning in recommendation.warnings { Console.note("warning: \(warning)") }
        for image in recommendation.images {
            print("\(image.text)\(Self.place(image))")
            for enable in recommendation.enable where enable.image == image {
                let holds = enable.in_force.map { $0.stage == enable.stage ? ", in force" : ", now \($0.stage.rawValue) (\($0.place))" }
                print("  enable \(enable.patch) (\(enable.stage.rawValue)\(holds ?? "")): \(enable.because.map(\.text).joined(separator: "; "))")
            }
            for open in recommendation.uncovered where open.image == image {
                print("  no patch for \(open.cve) (\(open.severity.rawValue)) in \(open.packageText): \(open.because)")
            }
        }
        if !recommendation.retire.isEmpty {
            let ids = recommendation.retire.map(\.patch)
            let more = ids.count > 10 ? " and \(ids.count - 10) more (--json lists them)" : ""
            print("protect nothing that runs: \(ids.prefix(10).joined(separator: ", "))\(more)")
        }
        guard let changes else { return }
        for change in changes { print(change.text) }
        print("\(policy): \(changes.filter { $0.kind == .added || $0.kind == .changed }.count) lines written, "
            + "\(changes.filter { $0.kind == .removed }.count) removed")
    }

    private static func place(_ image: Recommendation.Image) -> String {
        guard let containers = image.containers else { return ":" }
        guard !containers.isEmpty else { return " (nothing runs it):" }
        return " (\(containers.joined(separator: ", "))\(image.joined_by == "name" ? ", by its name alone" : "")):"
    }
}

extension PatchPackage.Stage: ExpressibleByArgument {}

/// What is asked of ipsd's `/v1/containers`.
private struct RunningReport: Decodable {
    struct Entry: Decodable {
        let id, name, runtime, image: String
        let digest, image_id, project, pod, namespace: String?
        let labels: [String: String]?
        let sandbox: Bool?

        var container: Container {
            var result = Container(id: id, name: name, runtime: Container.Runtime(rawValue: runtime) ?? .docker, image: image)
            (result.digest, result.imageID, result.labels) = (digest, image_id, labels ?? [:])
            (result.composeProject, result.pod, result.namespace) = (project, pod, namespace)
            result.isSandbox = sandbox ?? false
            return result
        }
    }

    let containers: [Entry]
}
