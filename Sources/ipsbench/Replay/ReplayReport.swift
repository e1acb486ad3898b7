/// The outcome of `ipsbench replay`. Rates are medians over the rounds; a Gbit is 10^9 bits of captured bytes.
struct ReplayReport: Encodable {
    struct Rate: Encodable {
        var gigabitsPerSecond: Double
        var packetsPerSecond: Double
        var nanosecondsPerPacket: Double

        init(packets: Int, bytes: Int, seconds: Double) {
            let seconds = max(seconds, 1e-9)
            gigabitsPerSecond = Double(bytes) * 8 / seconds / 1e9
            packetsPerSecond = Double(packets) / seconds
            nanosecondsPerPacket = seconds * 1e9 / Double(max(packets, 1))
        }
    }

    var packets: Int
    var bytes: Int
    var payloadBytes: Int
    var flows: UInt64
    var alerts: UInt64
    var dropped: UInt64
    var events: Int
    var rulesLoaded: Int
    var rounds: Int
    var engine: Rate
    /// The engine without copies of TCP's bytes and their comparison, in the same rounds.
    var withoutNormaliser: Rate?
    /// Decoding alone, in the same run.
    var floor: Rate

    var text: String {
        var table = Table(["", "Gbit/s", "packets/s", "ns/packet"])
        table.add(row("engine", engine))
        if let withoutNormaliser { table.add(row("without the normaliser", withoutNormaliser)) }
        table.add(row("decoding alone", floor))
        return """
            \(packets) packets, \(bytes) bytes, \(flows) flows, \(rulesLoaded) rules, \(rounds) rounds: \
            \(alerts) alerts, \(dropped) packets dropped, \(events) events

            \(table.text)
            """
    }

    private func row(_ name: String, _ rate: Rate) -> [String] {
        [name, rate.gigabitsPerSecond.text(3), rate.packetsPerSecond.text(0), rate.nanosecondsPerPacket.text(0)]
    }
}
