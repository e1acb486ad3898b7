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
    /// - Returns: false when the list can't be walked to its end, or an option's length is not one it can have.
    static func read(_ bytes: Span<UInt8>, into options: inout IPv4OptionSet, events: inout DecodeEventSet) -> Bool {
        var isValid = true
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case 0:
                options.insert(.endOfList)
                return isValid
            case 1:
                options.insert(.noOperation)
                at &+= 1
            default:
                guard at &+ 1 < bytes.count, case let length = Int(bytes[at &+ 1]), length >= 2, at &+ length <= bytes.count
                else {
                    events.insert(DecodeEventSet(.ipv4OptionInvalidLength))
                    return false
                }
                if let (option, lengths) = option(bytes[at]) {
                    if options.contains(option) { events.insert(DecodeEventSet(.ipv4OptionDuplicate)) }
                    if lengths.contains(length) {
                        options.insert(option)
                    } else {
                        events.insert(DecodeEventSet(.ipv4OptionInvalidLength))
                        isValid = false
                    }
                } else {
                    events.insert(DecodeEventSet(.ipv4OptionUnknown))
                }
                at &+= length
            }
        }
        return isValid
    }
}
