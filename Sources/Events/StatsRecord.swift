public import Wire

/// EVE `stats`: counters by dotted names, written as nested objects.
public struct StatsRecord: Sendable {
    public var uptimeSeconds: UInt64
    public var values: [(name: String, value: UInt64)]

    public init(uptimeSeconds: UInt64, values: [(name: String, value: UInt64)]) {
        self.uptimeSeconds = uptimeSeconds
        self.values = values
    }

    /// A `stats` event of these values.
    public static func event(
        _ values: [(name: String, value: UInt64)], uptimeSeconds: UInt64 = 0, time: Timestamp
    ) -> Event {
        var header = EventHeader()
        header.time = time
        return Event(header: header, body: .stats(StatsRecord(uptimeSeconds: uptimeSeconds, values: values)))
    }

    private indirect enum Tree {
        case value(UInt64)
        case object([(String, Tree)])

        mutating func insert(_ path: ArraySlice<Substring>, _ value: UInt64) {
            guard let name = path.first, case .object(var members) = self else { return }
            let key = String(name)
            let rest = path.dropFirst()
            if let index = members.firstIndex(where: { $0.0 == key }) {
                members[index].1.insert(rest, value)
            } else if rest.isEmpty {
                members.append((key, .value(value)))
            } else {
                var child = Tree.object([])
                child.insert(rest, value)
                members.append((key, child))
            }
            self = .object(members)
        }

        func write(_ json: inout JSONWriter) {
            guard case .object(let members) = self else { return }
            for (name, child) in members {
                switch child {
                case .value(let value): json.member(named: name, value)
                case .object: json.object(named: name) { child.write(&$0) }
                }
            }
        }
    }

    func write(_ json: inout JSONWriter) {
        var tree = Tree.object([])
        for (name, value) in values { tree.insert(name.split(separator: ".")[...], value) }
        json.object("stats") { json in
            json.member("uptime", uptimeSeconds)
            tree.write(&json)
        }
    }
}
