import Wire

/// Reads one DNS message. Names may point back into the message (RFC 1035, section 4.1.4), with limits.
struct DNSReader {
    enum Failure: Error { case malformed }

    /// What was wrong with what could be read all the same.
    struct Problems: OptionSet {
        let rawValue: UInt8
        static let malformed = Problems(rawValue: 1)
        static let nameTooLong = Problems(rawValue: 2)
        static let infiniteLoop = Problems(rawValue: 4)
        static let tooManyLabels = Problems(rawValue: 8)
        static let invalidAuthorities = Problems(rawValue: 16)
        static let invalidAdditionals = Problems(rawValue: 32)
    }

    static let headerLength = 12
    static let nameLimit = 1025
    static let labelLimit = 255
    /// Bytes of all names of a message together: compression lets a small message name much.
    static let namesLimit = 1 << 20

    private let bytes: [UInt8]
    private var at = 0
    private var nameBytes = 0
    private(set) var problems: Problems = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// nil when not even the header is there.
    mutating func message() -> DNSMessage? {
        guard bytes.count >= Self.headerLength else { return nil }
        var message = DNSMessage()
        message.id = uint16(0)
        message.flags = uint16(2)
        let counts = (uint16(4), uint16(6), uint16(8), uint16(10))
        at = Self.headerLength
        do throws(Failure) {
            for _ in 0..<counts.0 { message.queries.append(try query()) }
            for _ in 0..<counts.1 { message.answers.append(try record()) }
        } catch {
            problems.insert(.malformed)
            return message
        }
        do throws(Failure) {
            for _ in 0..<counts.2 { message.authorities.append(try record()) }
        } catch {
            problems.insert(.invalidAuthorities)
            return message
        }
        do throws(Failure) {
            for _ in 0..<counts.3 { message.additionals.append(try record()) }
        } catch {
            problems.insert(.invalidAdditionals)
        }
        return message
    }

    private mutating func query() throws(Failure) -> DNSQuery {
        let name = try name()
        guard at + 4 <= bytes.count else { throw .malformed }
        defer { at += 4 }
        return DNSQuery(name: name, type: uint16(at), recordClass: uint16(at + 2))
    }

    private mutating func record() throws(Failure) -> DNSRecord {
        let name = try name()
        guard at + 10 <= bytes.count else { throw .malformed }
        let type = uint16(at)
        let (recordClass, ttl, length) = (uint16(at + 2), uint32(at + 4), Int(uint16(at + 8)))
        at += 10
        guard at + length <= bytes.count else { throw .malformed }
        let end = at + length
        let data = try data(type, end)
        at = end
        return DNSRecord(name: name, type: type, recordClass: recordClass, ttl: ttl, data: data)
    }

    private mutating func data(_ type: UInt16, _ end: Int) throws(Failure) -> DNSRecord.Data {
        switch type {
        case DNSType.a, DNSType.aaaa: return .address(Array(bytes[at..<end]))
        case DNSType.ns, DNSType.cname, DNSType.ptr: return .name(try name())
        case DNSType.mx:
            guard at + 2 < end else { throw .malformed }
            at += 2
            return .name(try name())
        case DNSType.soa: return try soa()
        case DNSType.txt: return try text(end)
        case DNSType.null: return .null(Array(bytes[at..<end]))
        case DNSType.srv:
            guard at + 6 < end else { throw .malformed }
            let (priority, weight, port) = (uint16(at), uint16(at + 2), uint16(at + 4))
            at += 6
            return .srv(priority: priority, weight: weight, port: port, name: try name())
        case DNSType.sshfp:
            guard at + 2 <= end else { throw .malformed }
            return .sshfp(algorithm: bytes[at], type: bytes[at + 1], fingerprint: Array(bytes[(at + 2)..<end]))
        case DNSType.opt: return try options(end)
        default: return .other
        }
    }

    private mutating func soa() throws(Failure) -> DNSRecord.Data {
        let (mname, rname) = (try name(), try name())
        guard at + 20 <= bytes.count else { throw .malformed }
        return .soa(
            DNSRecord.SOA(
                mname: mname, rname: rname, serial: uint32(at), refresh: uint32(at + 4), retry: uint32(at + 8),
                expire: uint32(at + 12), minimum: uint32(at + 16)))
    }

    private mutating func text(_ end: Int) throws(Failure) -> DNSRecord.Data {
        var strings: [[UInt8]] = []
        while at < end {
            let stop = at + 1 + Int(bytes[at])
            guard stop <= end else { throw .malformed }
            strings.append(Array(bytes[(at + 1)..<stop]))
            at = stop
        }
        return .text(strings)
    }

    private mutating func options(_ end: Int) throws(Failure) -> DNSRecord.Data {
        var options: [(code: UInt16, data: [UInt8])] = []
        while at < end {
            guard at + 4 <= end else { throw .malformed }
            let (code, stop) = (uint16(at), at + 4 + Int(uint16(at + 2)))
            guard stop <= end else { throw .malformed }
            options.append((code, Array(bytes[(at + 4)..<stop])))
            at = stop
        }
        return .options(options)
    }

    /// The name at `at`, which moves behind it. A name past the limits is cut, and read on only as far
    /// as its end is needed.
    private mutating func name() throws(Failure) -> DNSName {
        var name = DNSName()
        var place = at
        var end: Int?
        var labels = 0
        // Each pointer leads to before the lowest place that was read yet, so that reading ends.
        var lowest = at
        reading: while true {
            guard place < bytes.count else { throw .malformed }
            let length = Int(bytes[place])
            switch length {
            case 0:
                place += 1
                break reading
            case 1..<64:
                guard place + 1 + length <= bytes.count else { throw .malformed }
                append(bytes[(place + 1)..<(place + 1 + length)], to: &name)
                place += 1 + length
            case 0xc0...:
                guard place + 2 <= bytes.count else { throw .malformed }
                let target = Int(uint16(place) & 0x3fff)
                end = end ?? place + 2
                guard target < lowest else {
                    if target >= bytes.count { throw .malformed }
                    problems.insert(.infiniteLoop)
                    name.isTruncated = true
                    break reading
                }
                (place, lowest) = (target, target)
            default: throw .malformed
            }
            labels += 1
            if labels >= Self.labelLimit {
                problems.insert(.tooManyLabels)
                name.isTruncated = true
                guard let end else { throw .malformed }
                at = end
                return name
            }
        }
        at = end ?? place
        return name
    }

    private mutating func append(_ label: ArraySlice<UInt8>, to name: inout DNSName) {
        guard !name.isTruncated else { return }
        guard nameBytes < Self.namesLimit else {
            problems.insert(.nameTooLong)
            name.isTruncated = true
            return
        }
        let before = name.text.count
        if !name.text.isEmpty { name.text.append(UInt8(ascii: ".")) }
        name.text += label
        nameBytes += name.text.count - before
        if name.text.count > Self.nameLimit {
            name.text.removeLast(name.text.count - Self.nameLimit)
            name.isTruncated = true
            problems.insert(.nameTooLong)
        }
    }

    private func uint16(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) }
    private func uint32(_ offset: Int) -> UInt32 { UInt32(uint16(offset)) << 16 | UInt32(uint16(offset + 2)) }
}
