/// The outcome of `ipsbench bounds`.
struct BoundsReport: Encodable {
    struct Row: Encodable {
        var pressure: String
        var about: String
        var steps: Int
        /// Flows that were there at the end because of it.
        var flows: Int
        /// Medians over the first and the last tenth of the packets.
        var nanosecondsFirst: Double
        var nanosecondsLast: Double
        /// Most that was allocated at once, the rules left aside.
        var heapMebibytes: Double
        var bytesPerFlow: Double?
        /// Bystanders of which a whole exchange passed.
        var served: Int
        var bystanders: Int
        /// nil without patches.
        var exploitDropped: Bool?
    }

    var flowMemcapMebibytes: Int
    var reassemblyMemcapMebibytes: Int
    var rows: [Row] = []

    var text: String {
        var table = Table(["", "steps", "flows", "ns/packet first", "last", "MiB", "bytes/flow", "served", "exploit"])
        for row in rows {
            table.add([
                row.pressure, "\(row.steps)", "\(row.flows)", row.nanosecondsFirst.text(0), row.nanosecondsLast.text(0),
                row.heapMebibytes.text(0), row.bytesPerFlow?.text(0) ?? "-", "\(row.served)/\(row.bystanders)",
                row.exploitDropped.map { $0 ? "dropped" : "PASSED" } ?? "-",
            ])
        }
        return """
            flow.memcap \(flowMemcapMebibytes) MiB, stream.reassembly-memcap \(reassemblyMemcapMebibytes) MiB

            \(table.text)
            """
    }
}
