import ArgumentParser
import Control
import Foundation
import Runtime
import Wire

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says why packets were dropped, alerted on or rewritten, and how to except that.",
        discussion: """
            Shows the latest decisions of ipsd, or those of one flow (flow_id of EVE) or address. With - it reads EVE \
            lines from standard input, with a file's name from there: ipsd is not asked then. Each explanation has \
            the patch and rule, the bytes that matched and what was sent in their place, the containers, the line of the \
            policy that counted, and the exception that would let this through.

            Examples:
              ipsctl explain
              ipsctl explain 198.18.0.2
              ipsctl explain 1318482915627361 --json
              grep 5910003 /var/log/rempart/eve.json | tail -1 | ipsctl explain -
            """)
    @OptionGroup var connection: ConnectionOptions
    @Option(help: "How many decisions at most.") var limit = 1000
    @Option(help: ArgumentHelp("A folder of patch packages, for titles and rules; the shipped ones too.", valueName: "folder"))
    var patches: String?
    @Flag(help: "Print one JSON document on standard output.") var json = false
    @Argument(help: "A flow id, an address, - for EVE lines on standard input, or a file of them.") var subject: String?

    /// Bytes of events that are read.
    private static let inputLimit = 64 << 20

    func run() async throws {
        var explanations = try await found()
        guard !explanations.isEmpty || json else {
            throw Failure.unmet("no decision is remembered for \(subject ?? "any flow")")
        }
        let library = ExplanationLibrary(folders: [patches, ShippedPatches.folder].compactMap { $0 })
        for index in explanations.indices { library.complete(&explanations[index]) }
        if json { return try Console.json(explanations) }
        for explanation in explanations { print(explanation.text) }
    }

    private func found() async throws -> [Explanation] {
        if let subject, subject == "-" || isFile(subject) {
            return try EVELine.read(try text(subject), from: subject == "-" ? "standard input" : subject)
                .suffix(limit).map(Explanation.init)
        }
        let all = try await connection.ask { try await $0.get("/v1/decisions?limit=\(limit)", as: [DecisionReport].self) }
        return all.filter { decision in
            guard let subject else { return true }
            let address = IPAddress(subject).map(\.description) ?? subject
            return String(decision.flow_id) == subject || decision.src_ip == address || decision.dest_ip == address
        }.map(Explanation.init)
    }

    private func isFile(_ subject: String) -> Bool {
        UInt64(subject) == nil && IPAddress(subject) == nil && Paths.exists(subject)
    }

    private func text(_ subject: String) throws -> String {
        let handle = subject == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: subject)
        guard let data = try handle?.read(upToCount: Self.inputLimit + 1) else {
            if subject == "-" { throw Failure.unusable("standard input is empty: expected EVE lines") }
            throw Failure.unusable("\(subject): can't be read")
        }
        guard data.count <= Self.inputLimit else { throw Failure.unusable("more than \(Self.inputLimit >> 20) MiB of events") }
        return String(decoding: data, as: UTF8.self)
    }
}
