import ArgumentParser
import Detection
import Patches
import RuleLanguage
import Runtime

struct PatchesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patches", abstract: "Lists and proves virtual patches.",
        discussion: "Examples:\n  ipsctl patches list\n  ipsctl patches test log4shell",
        subcommands: [List.self, Test.self])

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
                rule on another's benign request is found too. Exit status 1 when something does not hold.

                Examples:
                  ipsctl patches test
                  ipsctl patches test --evasions none log4shell
                  ipsctl patches test --evasions one-byte,reversed ./my-patch
                """)

        @Option(help: "all, none, or names separated by commas.") var evasions = "all"
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
            let outcomes = patches.flatMap { proof.prove($0, evasions: evasions) }
            let failed = outcomes.filter { !$0.holds }
            if json {
                try Console.json(
                    Report(passed: outcomes.count - failed.count, failed: failed.count, failures: failed.map(Report.Entry.init)))
            } else {
                for outcome in failed {
                    let kind = outcome.isExploit ? "exploit" : "benign"
                    print("\(outcome.patch): \(kind) \(outcome.request) (\(outcome.evasion.rawValue)): \(outcome.explanation)")
                }
                print("\(outcomes.count - failed.count) passed, \(failed.count) failed")
            }
            if !failed.isEmpty { throw ExitCode(1) }
        }

        private func chosen() throws -> [Evasion] {
            switch evasions {
            case "all": return Evasion.allCases
            case "none": return [.plain]
            default:
                return try evasions.split(separator: ",").map { name in
                    guard let evasion = Evasion(rawValue: String(name)) else {
                        let known = Evasion.allCases.map(\.rawValue).joined(separator: ", ")
                        throw Failure.unusable("no evasion '\(name)'; there are \(known)")
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

    private struct Report: Encodable {
        struct Entry: Encodable {
            let patch, request, kind, evasion, explanation: String
            init(_ outcome: PatchProof.Outcome) {
                patch = outcome.patch
                request = outcome.request
                kind = outcome.isExploit ? "exploit" : "benign"
                evasion = outcome.evasion.rawValue
                explanation = outcome.explanation
            }
        }
        let passed, failed: Int
        let failures: [Entry]
    }
}

/// Patches by folder or id.
private struct PatchSelection {
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
