import ArgumentParser
import Control

struct ContainersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "containers", abstract: "Lists the containers that ipsd knows, and the runtimes that it follows.",
        discussion: """
            Flows and events name their ends by these. With --json, an array with labels and everything else that is \
            known; the runtimes are in 'ipsctl status --json'.

            Examples:
              ipsctl containers
              ipsctl containers --json | jq -r '.[] | select(.labels.app == "shop") | .name'
              ipsctl status --json | jq '.runtimes'
            """)
    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        let report = try await connection.ask { try await $0.get("/v1/containers", as: ContainersReport.self) }
        if json { return try Console.json(report.containers) }
        let rows = report.containers.map { container in
            let pod = container.pod.map { [container.namespace, $0].compactMap { $0 }.joined(separator: "/") }
            let place = container.host_network ? "host network" : container.addresses.joined(separator: " ")
            return [
                String(container.id.prefix(12)), container.name, container.runtime, container.image,
                container.interfaces.map(\.name).joined(separator: " "), place, pod ?? container.project ?? "",
            ].map { $0.isEmpty ? "-" : $0 }
        }
        for line in Self.table([["ID", "NAME", "RUNTIME", "IMAGE", "PORT", "ADDRESSES", "POD OR PROJECT"]] + rows) { print(line) }
        for runtime in report.runtimes where runtime.state != "absent" {
            Console.note("\(runtime.runtime) at \(runtime.place): \(runtime.state)\(runtime.reason.map { ": \($0)" } ?? "")")
        }
        if !report.runtimes.contains(where: { $0.state == "following" }) { Console.note("no container runtime is followed") }
    }

    /// Columns as wide as their widest entries.
    static func table(_ rows: [[String]]) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, text) in row.enumerated() {
                if column < widths.count { widths[column] = max(widths[column], text.count) } else { widths.append(text.count) }
            }
        }
        return rows.map { row in
            row.enumerated().map { column, text in
                column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - text.count)
            }.joined(separator: "  ")
        }
    }
}
