import Wire

/// The country of an address, from a database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/, version 2.0).
public final class GeoDatabase: Sendable {
    public struct Failure: Error {
        public let message: String
    }

    private let bytes: [UInt8]
    private let nodeCount: Int
    /// Bits of one of a node's two records: 24, 28 or 32.
    private let recordBits: Int
    private let isIPv6: Bool
    /// Where the data begins: after the tree and sixteen zero bytes.
    private let dataStart: Int

    /// Maps and arrays inside each other.
    private static let depthLimit = 16
    private static let marker: [UInt8] = [0xab, 0xcd, 0xef] + Array("MaxMind.com".utf8)
    private static let metadataBytes = 128 * 1024

    public init(_ bytes: [UInt8]) throws(Failure) {
        self.bytes = bytes
        guard let metadata = Self.metadata(bytes) else {
            throw Failure(message: "not a database in MaxMind's format (.mmdb)")
        }
        let reader = GeoReader(bytes: bytes, start: metadata)
        guard let nodes = reader.number("node_count", at: metadata), let bits = reader.number("record_size", at: metadata),
            let version = reader.number("ip_version", at: metadata), [24, 28, 32].contains(bits), version == 4 || version == 6,
            nodes <= UInt64(bytes.count)
        else { throw Failure(message: "the database's metadata is not as expected") }
        nodeCount = Int(nodes)
        recordBits = Int(bits)
        isIPv6 = version == 6
        dataStart = nodeCount * recordBits / 4 + 16
        guard dataStart <= metadata else { throw Failure(message: "the database is cut short") }
    }

    /// Two letters (ISO 3166-1), nil when the database does not say.
    func country(of address: IPAddress) -> UInt16? {
        guard let record = record(of: address) else { return nil }
        let reader = GeoReader(bytes: bytes, start: dataStart)
        guard let country = reader.value("country", at: record), let code = reader.value("iso_code", at: country) else {
            return nil
        }
        return reader.letters(at: code)
    }

    private func record(of address: IPAddress) -> Int? {
        let isIPv4 = address.family == .ipv4
        guard isIPv6 || isIPv4 else { return nil }
        var node = 0
        if isIPv6, isIPv4 {
            // IPv4 lies at ::/96.
            for _ in 0..<96 {
                guard node < nodeCount else { break }
                node = child(of: node, 0)
            }
        }
        for index in 0..<(isIPv4 ? 32 : 128) {
            guard node < nodeCount else { break }
            let word = isIPv4 || index >= 64 ? address.low : address.high
            let shift = isIPv4 ? 31 - index : 63 - index % 64
            node = child(of: node, Int(word >> UInt64(shift) & 1))
        }
        guard node > nodeCount else { return nil }
        let place = dataStart + node - nodeCount - 16
        return place < bytes.count ? place : nil
    }

    /// The record at `side` of a node that is in the tree.
    private func child(of node: Int, _ side: Int) -> Int {
        let start = node * recordBits / 4
        func byte(_ index: Int) -> Int { Int(bytes[start + index]) }
        switch recordBits {
        case 24: return byte(3 * side) << 16 | byte(3 * side + 1) << 8 | byte(3 * side + 2)
        case 28:
            let high = side == 0 ? byte(3) >> 4 : byte(3) & 0x0f
            return high << 24 | byte(4 * side) << 16 | byte(4 * side + 1) << 8 | byte(4 * side + 2)
        default: return byte(4 * side) << 24 | byte(4 * side + 1) << 16 | byte(4 * side + 2) << 8 | byte(4 * side + 3)
        }
    }

    /// Where the metadata begins: after the last marker.
    private static func metadata(_ bytes: [UInt8]) -> Int? {
        var place = bytes.count - marker.count
        let first = max(0, bytes.count - metadataBytes)
        while place >= first {
            if bytes[place] == marker[0], bytes[place..<place + marker.count].elementsEqual(marker) { return place + marker.count }
            place -= 1
        }
        return nil
    }

    /// Values of the data section; places are of the file, pointers count from `start`.
    private struct GeoReader {
        let bytes: [UInt8]
        let start: Int

        private enum Kind { static let (pointer, string, map, array, boolean) = (1, 2, 7, 11, 14) }

        private struct Header {
            var kind: Int
            var size: Int
            /// Of the content.
            var place: Int
        }

        /// The value of a key in the map at `place`.
        func value(_ key: String, at place: Int) -> Int? {
            guard let map = resolved(place), map.kind == Kind.map else { return nil }
            var at = map.place
            for _ in 0..<map.size {
                guard let name = resolved(at), name.kind == Kind.string, let value = end(of: at, depth: 0) else { return nil }
                if bytes[name.place..<name.place + name.size].elementsEqual(key.utf8) { return value }
                guard let next = end(of: value, depth: 0) else { return nil }
                at = next
            }
            return nil
        }

        func number(_ key: String, at place: Int) -> UInt64? {
            guard let value = value(key, at: place), let number = resolved(value), [5, 6, 9].contains(number.kind), number.size <= 8
            else { return nil }
            return bytes[number.place..<number.place + number.size].reduce(0) { $0 << 8 | UInt64($1) }
        }

        func letters(at place: Int) -> UInt16? {
            guard let text = resolved(place), text.kind == Kind.string, text.size == 2 else { return nil }
            return UInt16(bytes[text.place]) << 8 | UInt16(bytes[text.place + 1])
        }

        /// The header at `place`, behind a pointer if that is one.
        private func resolved(_ place: Int) -> Header? {
            guard let header = header(place) else { return nil }
            guard header.kind == Kind.pointer else { return header }
            guard let target = self.header(header.size), target.kind != Kind.pointer else { return nil }
            return target
        }

        /// Where what follows the value at `place` begins.
        private func end(of place: Int, depth: Int) -> Int? {
            guard depth < GeoDatabase.depthLimit, let header = header(place) else { return nil }
            switch header.kind {
            case Kind.pointer, Kind.boolean: return header.place
            case Kind.map, Kind.array:
                var at = header.place
                for _ in 0..<(header.kind == Kind.map ? 2 * header.size : header.size) {
                    guard let next = end(of: at, depth: depth + 1) else { return nil }
                    at = next
                }
                return at
            default: return header.place + header.size
            }
        }

        /// nil when it or its content is not in the file. A pointer's size is the place that it leads to.
        private func header(_ place: Int) -> Header? {
            guard place >= 0, place < bytes.count else { return nil }
            let control = Int(bytes[place])
            var at = place + 1
            func take(_ count: Int) -> Int? {
                guard at + count <= bytes.count else { return nil }
                defer { at += count }
                return bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
            }
            var kind = control >> 5
            if kind == Kind.pointer {
                let length = control >> 3 & 3
                guard let low = take(length + 1) else { return nil }
                let target = length == 3 ? low : (control & 7) << (8 * (length + 1)) | low
                return Header(kind: kind, size: start + target + [0, 2048, 526_336, 0][length], place: at)
            }
            if kind == 0 {
                guard let extended = take(1) else { return nil }
                kind = extended + 7
            }
            var size = control & 0x1f
            if size >= 29 {
                guard let more = take(size - 28) else { return nil }
                size = more + [29, 285, 65_821][size - 29]
            }
            let isContainer = kind == Kind.map || kind == Kind.array || kind == Kind.boolean
            guard isContainer || at + size <= bytes.count else { return nil }
            return Header(kind: kind, size: size, place: at)
        }
    }
}

/// `geoip:[side,]COUNTRY,…` (https://docs.suricata.io/en/suricata-8.0.0/rules/header-keywords.html#geoip).
struct GeoTest: Sendable {
    private enum Side { case any, source, destination, both }
    private let side: Side
    private let countries: Set<UInt16>
    private let isNegated: Bool
    private let database: GeoDatabase

    private static let countryLimit = 64

    init(_ arguments: String, _ database: GeoDatabase?) throws(CompileError) {
        guard let database else {
            throw CompileError(message: "'geoip' needs a database of countries: set 'geoip-database' in the configuration to a MaxMind file (.mmdb)")
        }
        var parts = arguments.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        let sides: [String: Side] = ["any": .any, "src": .source, "dst": .destination, "both": .both]
        let named = sides[parts[0]]
        if named != nil { parts.removeFirst() }
        guard !parts.isEmpty, parts.count <= Self.countryLimit else {
            throw CompileError(message: "expected 'geoip:[src|dst|both|any,]COUNTRY,…' with 1 to \(Self.countryLimit) countries")
        }
        var countries: Set<UInt16> = []
        var negated = 0
        for part in parts {
            if part.hasPrefix("!") { negated += 1 }
            let letters = Array(part.drop { $0 == "!" }.utf8)
            guard letters.count == 2, letters.allSatisfy({ 0x41...0x5a ~= $0 }) else {
                throw CompileError(message: "'\(part)' is not a country: expected two upper-case letters, as in 'DE'")
            }
            countries.insert(UInt16(letters[0]) << 8 | UInt16(letters[1]))
        }
        guard negated == 0 || parts.first?.hasPrefix("!") == true else {
            throw CompileError(message: "a '!' before the first country is for all of them: expected 'geoip:src,!DE,FR'")
        }
        side = named ?? .any
        self.countries = countries
        isNegated = negated > 0
        self.database = database
    }

    func holds(_ packet: DecodedPacket) -> Bool {
        switch side {
        case .any: holds(packet.source) || holds(packet.destination)
        case .source: holds(packet.source)
        case .destination: holds(packet.destination)
        case .both: holds(packet.source) && holds(packet.destination)
        }
    }

    /// Of an address that the database does not know nothing holds.
    private func holds(_ address: IPAddress) -> Bool {
        database.country(of: address).map { countries.contains($0) != isNegated } ?? false
    }
}
