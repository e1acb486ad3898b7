/// Debian policy 5.6.12: `[epoch:]upstream[-revision]`.
struct DebianVersion: VersionText {
    private let epoch: Decimal
    private let upstream: [Part]
    private let revision: [Part]

    /// A run of other characters and the number behind it.
    private struct Part: Hashable, Comparable {
        static let empty = Part(text: [], number: .zero)
        /// Sorting keys: a tilde goes before the end, the end before letters, letters before the rest.
        let text: [Int]
        let number: Decimal

        static func < (left: Part, right: Part) -> Bool {
            for index in 0..<max(left.text.count, right.text.count) {
                let (first, second) = (left.key(index), right.key(index))
                if first != second { return first < second }
            }
            return left.number < right.number
        }

        private func key(_ index: Int) -> Int { index < text.count ? text[index] : 0 }
    }

    init?(_ text: String) {
        guard let whole = EpochVersion(text),
            whole.rest.allSatisfy({ $0.isDigit || $0.isLetter || ".+-~:".utf8.contains($0) })
        else { return nil }
        epoch = whole.epoch
        upstream = Self.parts(whole.version)
        revision = whole.revision.map(Self.parts) ?? []
    }

    private static func parts(_ bytes: ArraySlice<UInt8>) -> [Part] {
        var parts: [Part] = []
        var rest = bytes
        while !rest.isEmpty {
            let text = rest.prefix { !$0.isDigit }
            let digits = rest[text.endIndex...].prefix(while: \.isDigit)
            parts.append(Part(text: text.map(key), number: Decimal(digits)))
            rest = rest[digits.endIndex...]
        }
        return parts
    }

    private static func key(_ byte: UInt8) -> Int {
        if byte == UInt8(ascii: "~") { return -1 }
        return byte.isLetter ? Int(byte) : Int(byte) + 256
    }

    static func < (left: DebianVersion, right: DebianVersion) -> Bool {
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        if let order = order(left.upstream, right.upstream) { return order }
        return order(left.revision, right.revision) ?? false
    }

    /// nil when neither goes before.
    private static func order(_ left: [Part], _ right: [Part]) -> Bool? {
        for index in 0..<max(left.count, right.count) {
            let (first, second) = (index < left.count ? left[index] : .empty, index < right.count ? right[index] : .empty)
            if first < second { return true }
            if second < first { return false }
        }
        return nil
    }
}
