/// The options that an IPv4 header carries (RFC 791, section 3.1, and the IANA registry of option numbers).
public struct IPv4OptionSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let endOfList = IPv4OptionSet(rawValue: 1 << 0)
    public static let noOperation = IPv4OptionSet(rawValue: 1 << 1)
    public static let recordRoute = IPv4OptionSet(rawValue: 1 << 2)
    public static let timestamp = IPv4OptionSet(rawValue: 1 << 3)
    public static let security = IPv4OptionSet(rawValue: 1 << 4)
    public static let extendedSecurity = IPv4OptionSet(rawValue: 1 << 5)
    public static let looseSourceRoute = IPv4OptionSet(rawValue: 1 << 6)
    public static let strictSourceRoute = IPv4OptionSet(rawValue: 1 << 7)
    public static let streamID = IPv4OptionSet(rawValue: 1 << 8)
    public static let quickStart = IPv4OptionSet(rawValue: 1 << 9)
    public static let routerAlert = IPv4OptionSet(rawValue: 1 << 10)
    public static let cipso = IPv4OptionSet(rawValue: 1 << 11)

    /// The option of this number and the lengths that it may have.
    private static func option(_ number: UInt8) -> (IPv4OptionSet, ClosedRange<Int>)? {
        switch number {
        case 7: (.recordRoute, 3...39)
        case 25: (.quickStart, 8...8)
        case 68: (.timestamp, 4...40)
        case 130: (.security, 3...11)
        case 131: (.looseSourceRoute, 3...39)
        case 133: (.extendedSecurity, 3...40)
        case 134: (.cipso, 10...40)
        case 136: (.streamID, 4...4)
        case 137: (.strictSourceRoute, 3...39)
        case 148: (.routerAlert, 4...4)
        default: nil
        }
    }

    /// Reads the options behind the fixed header.
    /// - Throws: when the list can't be walked to its end, or an option's length is not one it can have.
    @inline(never)
    static func read(
        _ bytes: Span<UInt8>, into options: inout IPv4OptionSet, events: inout DecodeEventList
    ) throws(DecodeEvent) {
        // Suricata wants the options alone to fill words of eight bytes; RFC 791 has the header end on four.
        if bytes.count % 8 != 0 { events.note(.ipv4OptionPadRequired) }
        var isValid = true
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case 0:
                options.insert(.endOfList)
                at = bytes.count
            case 1:
                options.insert(.noOperation)
                at &+= 1
            default:
                guard at &+ 1 < bytes.count else { throw .ipv4OptionEndRequired }
                let length = Int(bytes[at &+ 1])
                guard length >= 2, at &+ length <= bytes.count else {
                    events.append(.ipv4OptionInvalidLength)
                    throw .ipv4OptionInvalidLength
                }
                if !take(bytes.extracting(at..<at &+ length), into: &options, &events) { isValid = false }
                at &+= length
            }
        }
        if !isValid { throw .ipv4OptionInvalidLength }
    }

    /// - Returns: false for a length that the option can't have.
    private static func take(
        _ bytes: Span<UInt8>, into options: inout IPv4OptionSet, _ events: inout DecodeEventList
    ) -> Bool {
        guard let (option, lengths) = option(bytes[0]) else {
            events.note(.ipv4OptionUnknown)
            return true
        }
        if options.contains(option) { events.note(.ipv4OptionDuplicate) }
        guard lengths.contains(bytes.count) else {
            events.append(.ipv4OptionInvalidLength)
            return false
        }
        options.insert(option)
        switch option {
        case .recordRoute, .looseSourceRoute, .strictSourceRoute:
            // The pointer counts from 1 and moves by addresses, one past the end when the route is full.
            let pointer = Int(bytes[2])
            if pointer < 4 || pointer % 4 != 0 || pointer > bytes.count &+ 1 { events.note(.ipv4OptionInvalid) }
        case .timestamp:
            let pointer = Int(bytes[2])
            let entry = bytes[3] & 0x0f == 0 ? 4 : 8
            if pointer < 5 || (pointer &- 5) % entry != 0 || pointer > bytes.count &+ 1 { events.note(.ipv4OptionInvalid) }
        case .cipso: if !hasWholeTags(bytes) { events.note(.ipv4OptionMalformed) }
        default: break
        }
        return true
    }

    /// Commercial IP security option (FIPS 188): a domain of interpretation, then tags with type and length.
    private static func hasWholeTags(_ bytes: Span<UInt8>) -> Bool {
        var at = 6
        while at < bytes.count {
            guard at &+ 1 < bytes.count, case let length = Int(bytes[at &+ 1]), length >= 4, at &+ length <= bytes.count
            else { return false }
            switch bytes[at] {
            case 1, 2, 5, 6, 7: at &+= length
            default: return false
            }
        }
        return true
    }
}
