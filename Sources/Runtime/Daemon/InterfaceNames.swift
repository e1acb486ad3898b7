import Glibc

/// Names of network interfaces by their index, asked for at most once in a second each, so that a rename shows soon.
struct InterfaceNames {
    private struct Entry {
        var name: String?
        var askedAt: ContinuousClock.Instant
    }

    private var entries: [UInt32: Entry] = [:]
    private let lookup: (UInt32) -> String?
    /// Containers come and go, and each brings an index of its own.
    private static let capacity = 4096
    private static let lifetime = Duration.seconds(1)

    init(lookup: @escaping (UInt32) -> String? = InterfaceNames.ask) { self.lookup = lookup }

    /// - Returns: nil for index 0; the last name that was known when the interface has gone since.
    mutating func name(of index: UInt32, now: ContinuousClock.Instant) -> String? {
        guard index != 0 else { return nil }
        let known = entries[index]
        if let known, now - known.askedAt < Self.lifetime { return known.name }
        if known == nil, entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
        let name = lookup(index) ?? known?.name
        entries[index] = Entry(name: name, askedAt: now)
        return name
    }

    /// In the network namespace of the calling thread.
    private static func ask(_ index: UInt32) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        // SAFETY: the kernel's name with its zero fits IF_NAMESIZE bytes; the buffer has as many.
        guard unsafe if_indextoname(index, &bytes) != nil else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
