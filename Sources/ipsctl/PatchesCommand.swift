import ArgumentParser
import Detection
import Patches
import RuleLanguage
import Runtime

struct PatchesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patches", abstract: "Lists, proves and recommends virtual patches.",
        discussion: "Examples:\n  ipsctl patches list\n  ipsctl patches test log4shell\n  ipsctl patches evasions\n"
            + "  ipsctl patches recommend scan.json",
        subcommands: [List.self, Test.self, Evasions.self, RecommendCommand.self] + PromotionCommands.all)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the patches of a folder, the shipped ones by default.",
            discussion: """
                Examples:
                  ipsctl patches list
                  ipsctl patches list --json | jq '.[].cves[]'
                """)

        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "A folder of patch packages.") var folder: String?

        func run() throws {
            let patches = try PatchSelection(folder.map { [$0] } ?? []).patches
            let entries = try patches.map { try Entry($0) }
            if json { return try Console.json(entries) }
            for entry in entries {
                print("\(entry.id): \(entry.title) [\(entry.cves.joined(separator: ", "))] \(entry.stage)")
            }
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Proves patches: exploits must be dropped, benign requests must pass, in every evasion.",
            discussion: """
                The rules of all given patches are in force together, whatever their stage, so that one patch's \
                rule on another's benign request is found too. A request that can't be sent in some way (a body in \
                chunks, where there is no body) is counted as skipped. Exit status 1 when something does not hold.

                Examples:
                  ipsctl patches test
                  ipsctl patches test --evasions none log4shell
                  ipsctl patches test --evasions one-byte,chunked+reversed ./my-patch
                """)

        @Option(help: "all, none, or names separated by commas; A+B is what A says, sent as B sends.") var evasions = "all"
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "Folders of patches, patch packages, or ids of shipped patches.") var selection: [String] = []

        func run() throws {
            let evasions = try chosen()
            let patches = try PatchSelection(selection).patches
            var configuration = Configuration()
            configuration.rulePaths = patches.map(\.rulesPath)
            let loaded: RuleLoader.Result
            do { loaded = try RuleLoader(configuration: configuration).load(previous: nil) } catch {
                throw Failure.unusable(error.description)
            }
            for diagnostic in loaded.diagnostics { Console.note(diagnostic.description) }
            if loaded.failed > 0 { throw Failure.unmet("\(loaded.failed) rules of the patches can't be loaded") }
            let proof = PatchProof(ruleSet: loaded.ruleSet)
            let report = ProofReport(patches.flatMap { proof.prove($0, evasions: evasions) })
            if json { try Console.json(report) } else { report.write() }
            if report.failed > 0 { throw ExitCode(1) }
        }

        private func chosen() throws -> [Evasion] {
            switch evasions {
            case "all": return Evasion.all
            case "none": return [.plain]
            default:
                return try evasions.split(separator: ",").map { name in
                    guard let evasion = Evasion.named(String(name)) else {
                        throw Failure.unusable("no evasion '\(name)'; 'ipsctl patches evasions' lists them")
                    }
                    return evasion
                }
            }
        }
    }

    private struct Entry: Encodable {
        let id, title: String
        let cves, affects: [String]
        let sids: [UInt32]
        let stage: String

        init(_ patch: PatchPackage) throws {
            id = patch.id
            title = patch.title
            cves = patch.cves
            affects = patch.affects.map { "\($0.purl) \($0.versions)" }
            var configuration = Configuration()
            configuration.rulePaths = [patch.rulesPath]
            let loaded = try RuleLoader(configuration: configuration).load(previous: nil)
            sids = loaded.ruleSet.rules.map(\.rule.sid).sorted()
            stage = patch.stage.rawValue
        }
    }

    struct Evasions: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the ways in which 'patches test' sends requests.",
            discussion: "Examples:\n  ipsctl patches evasions\n  ipsctl patches evasions --json | jq -r '.[].name'")

        @Flag(help: "Print one JSON document on standard output.") var json = false

        func run() throws {
            let entries = Evasion.all.map(Entry.init)
            if json { return try Console.json(entries) }
            for entry in entries {
                print("\(entry.name) [\(entry.layer)]: \(entry.summary). Sent: \(entry.requests). Read so by: \(entry.receivers).")
            }
        }

        private struct Entry: Encodable {
            let name, layer, summary, requests, receivers: String

            init(_ evasion: Evasion) {
                (name, layer, summary) = (evasion.name, evasion.layer.rawValue, evasion.summary)
                (requests, receivers) = (evasion.requests, evasion.receivers)
            }
        }
    }
}

/// What came of a proof.
private struct ProofReport: Encodable {
    struct Entry: Encodable { let patch, request, kind, evasion, explanation: String }
    /// An evasion, and how many requests could not be sent so.
    struct Skip: Encodable {
        let evasion: String
        var requests: Int
        let sent: String
    }

    private(set) var passed = 0
    var failed: Int { failures.count }
    private(set) var failures: [Entry] = []
    private(set) var skipped: [Skip] = []

    init(_ outcomes: [PatchProof.Outcome]) {
        for outcome in outcomes {
            switch outcome.result {
            case .holds: passed += 1
            case .fails(let explanation):
                failures.append(
                    Entry(
                        patch: outcome.patch, request: outcome.request, kind: outcome.isExploit ? "exploit" : "benign",
                        evasion: outcome.evasion.name, explanation: explanation))
            case .notApplicable:
                if let index = skipped.firstIndex(where: { $0.evasion == outcome.evasion.name }) {
                    skipped[index].requests += 1
                } else {
                    skipped.append(Skip(evasion: outcome.evasion.name, requests: 1, sent: outcome.evasion.requests))
                }
            }
        }
    }

    private enum CodingKeys: CodingKey { case passed, failed, failures, skipped }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(passed, forKey: .passed)
        try container.encode(failed, forKey: .failed)
        try container.encode(failures, forKey: .failures)
        try container.encode(skipped, forKey: .skipped)
    }

    func write() {
        for entry in failures { print("\(entry.patch): \(entry.kind) \(entry.request) (\(entry.evasion)): \(entry.explanation)") }
        for skip in skipped { print("skipped: \(skip.evasion) for \(skip.requests) requests (sent: \(skip.sent))") }
        print("\(passed) passed, \(failed) failed")
    }
}

/// Patches by folder or id.
struct PatchSelection {
    let patches: [PatchPackage]

    init(_ selection: [String]) throws {
        let reader = PatchReader()
        do {
            guard !selection.isEmpty else {
                patches = try reader.library(try Self.shipped())
                return
            }
            var result: [PatchPackage] = []
            for item in selection {
                if Paths.exists("\(item)/patch.yaml") {
                    result.append(try reader.package(item))
                } else if Paths.exists(item) {
                    result += try reader.library(item)
                } else {
                    result.append(try reader.package("\(try Self.shipped())/\(item)"))
                }
            }
            patches = result
        } catch let error as PatchError {
            throw Failure.unusable(error.description)
        }
    }

    private static func shipped() throws -> String {
        guard let folder = ShippedPatches.folder else { throw Failure.unusable("the shipped patches are not here; name a folder") }
        return folder
    }
}
