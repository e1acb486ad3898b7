/// A version in one ecosystem's writing, in that ecosystem's order.
protocol VersionText: Comparable, Sendable {
    /// nil when the text is not a version there.
    init?(_ text: String)
}

enum VersionLimits {
    /// Longer texts are not taken for versions.
    static let bytes = 256
}

/// A natural number of any size in decimal digits.
struct Decimal: Hashable, Comparable, Sendable {
    static let zero = Decimal([])
    /// Without leading zeros; empty for zero.
    private let digits: [UInt8]

    init(_ digits: some Sequence<UInt8>) { self.digits = Array(digits.drop { $0 == UInt8(ascii: "0") }) }

    var isZero: Bool { digits.isEmpty }

    static func < (left: Decimal, right: Decimal) -> Bool {
        left.digits.count == right.digits.count
            ? left.digits.lexicographicallyPrecedes(right.digits) : left.digits.count < right.digits.count
    }
}

/// Reads the bytes of a version from left to right.
struct VersionCursor {
    private(set) var rest: ArraySlice<UInt8>

    /// - Returns: nil for texts that are empty, too long or hold anything but printable ASCII.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= VersionLimits.bytes, bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }
    var next: UInt8? { rest.first }

    mutating func skip() { rest = rest.dropFirst() }

    /// Goes past `character` when it comes next.
    mutating func skip(_ character: Character) -> Bool {
        guard let byte = character.asciiValue, next == byte else { return false }
        skip()
        return true
    }

    mutating func skip(word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    mutating func take(while isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: isWanted)
        rest = rest[taken.endIndex...]
        return taken
    }

    /// nil when no digit comes next.
    mutating func decimal() -> Decimal? {
        let digits = take(while: \.isDigit)
        return digits.isEmpty ? nil : Decimal(digits)
    }
}

/// The parts of `[epoch:]version[-revision]`, which Debian and RPM have in common.
struct EpochVersion {
    /// Zero where it is not written.
    let epoch: Decimal
    /// All behind the epoch.
    let rest: ArraySlice<UInt8>
    let version: ArraySlice<UInt8>
    /// Behind the last hyphen; nil without one.
    let revision: ArraySlice<UInt8>?

    /// nil for texts that are no version anywhere, or whose epoch is no number.
    init?(_ text: String) {
        guard let whole = VersionCursor(text) else { return nil }
        var bytes = whole.rest
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            guard colon > bytes.startIndex, bytes[..<colon].allSatisfy(\.isDigit) else { return nil }
            epoch = Decimal(bytes[..<colon])
            bytes = bytes[(colon + 1)...]
        } else {
            epoch = .zero
        }
        let hyphen = bytes.lastIndex(of: UInt8(ascii: "-"))
        rest = bytes
        version = bytes[..<(hyphen ?? bytes.endIndex)]
        revision = hyphen.map { bytes[($0 + 1)...] }
        guard !version.isEmpty else { return nil }
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
