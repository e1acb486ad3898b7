/// `[epoch:]version[-release]` in the order of rpmvercmp, `~` and `^` among it (rpm-version(7)).
struct RPMVersion: VersionText {
    private let epoch: Decimal
    private let version: [UInt8]
    private let release: [UInt8]

    init?(_ text: String) {
        guard let whole = EpochVersion(text) else { return nil }
        epoch = whole.epoch
        version = Array(whole.version)
        release = whole.revision.map(Array.init) ?? []
    }

    static func < (left: RPMVersion, right: RPMVersion) -> Bool {
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        if let order = order(left.version[...], right.version[...]) { return order }
        return order(left.release[...], right.release[...]) ?? false
    }

    static func == (left: RPMVersion, right: RPMVersion) -> Bool { !(left < right) && !(right < left) }

    private static let tilde = UInt8(ascii: "~")
    private static let caret = UInt8(ascii: "^")

    private static func isSeparator(_ byte: UInt8) -> Bool {
        !byte.isDigit && !byte.isLetter && byte != tilde && byte != caret
    }

    /// Whether `left` goes before; nil when neither does.
    private static func order(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool? {
        var (left, right) = (left, right)
        while !left.isEmpty || !right.isEmpty {
            left = left.drop(while: isSeparator)
            right = right.drop(while: isSeparator)
            if left.first == tilde || right.first == tilde {
                guard left.first == right.first else { return left.first == tilde }
                (left, right) = (left.dropFirst(), right.dropFirst())
                continue
            }
            if left.first == caret || right.first == caret {
                // After the end, and before anything else.
                guard !left.isEmpty else { return true }
                guard !right.isEmpty else { return false }
                guard left.first == right.first else { return left.first == caret }
                (left, right) = (left.dropFirst(), right.dropFirst())
                continue
            }
            guard let first = left.first, !right.isEmpty else { break }
            let isNumber = first.isDigit
            let mine = left.prefix { isNumber ? $0.isDigit : $0.isLetter }
            let other = right.prefix { isNumber ? $0.isDigit : $0.isLetter }
            // A number is newer than letters.
            guard !other.isEmpty else { return !isNumber }
            if let order = segments(mine, other, areNumbers: isNumber) { return order }
            (left, right) = (left[mine.endIndex...], right[other.endIndex...])
        }
        return left.isEmpty == right.isEmpty ? nil : left.isEmpty
    }

    private static func segments(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>, areNumbers: Bool) -> Bool? {
        if areNumbers {
            let (left, right) = (Decimal(left), Decimal(right))
            return left == right ? nil : left < right
        }
        return left.elementsEqual(right) ? nil : left.lexicographicallyPrecedes(right)
    }
}
