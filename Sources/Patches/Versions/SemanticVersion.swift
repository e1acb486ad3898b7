/// Semantic Versioning 2.0.0, clause 11: npm, Cargo and others.
///
/// Missing minor and patch numbers count as zero and a `v` ahead is passed over, as bounds are often written so. Build
/// metadata has no part in the order.
struct SemanticVersion: VersionText {
    /// Of a pre-release; numbers go before words (11.4.3).
    enum Identifier: Comparable, Hashable {
        case number(Decimal)
        case word([UInt8])

        static func < (left: Identifier, right: Identifier) -> Bool {
            switch (left, right) {
            case (.number(let left), .number(let right)): left < right
            case (.word(let left), .word(let right)): left.lexicographicallyPrecedes(right)
            case (.number, .word): true
            case (.word, .number): false
            }
        }
    }

    private let numbers: [Decimal]
    private let preRelease: [Identifier]

    init?(_ text: String) { self.init(text, numbers: 3, foldsCase: false) }

    /// - Parameters:
    ///   - count: how many numbers the version may have.
    ///   - foldsCase: whether `RC` and `rc` are one.
    init?(_ text: String, numbers count: Int, foldsCase: Bool) {
        guard var cursor = VersionCursor(foldsCase ? text.lowercased() : text) else { return nil }
        if cursor.next == UInt8(ascii: "v") { cursor.skip() }
        var numbers: [Decimal] = []
        repeat {
            guard let number = cursor.decimal(), numbers.count < count else { return nil }
            numbers.append(number)
        } while cursor.skip(".")
        self.numbers = numbers + Array(repeating: .zero, count: count - numbers.count)

        var identifiers: [Identifier] = []
        if cursor.skip("-") {
            repeat {
                let identifier = cursor.take { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") }
                guard !identifier.isEmpty else { return nil }
                identifiers.append(identifier.allSatisfy(\.isDigit) ? .number(Decimal(identifier)) : .word(Array(identifier)))
            } while cursor.skip(".")
        }
        preRelease = identifiers
        if cursor.skip("+") {
            _ = cursor.take { $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        }
        guard cursor.isAtEnd else { return nil }
    }

    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        guard left.numbers == right.numbers else { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        if left.preRelease.isEmpty || right.preRelease.isEmpty { return !left.preRelease.isEmpty && right.preRelease.isEmpty }
        return left.preRelease.lexicographicallyPrecedes(right.preRelease)
    }
}

/// NuGet: semantic versions with an optional fourth number, in any case.
struct NuGetVersion: VersionText {
    private let version: SemanticVersion

    init?(_ text: String) {
        guard let version = SemanticVersion(text, numbers: 4, foldsCase: true) else { return nil }
        self.version = version
    }

    static func < (left: NuGetVersion, right: NuGetVersion) -> Bool { left.version < right.version }
}

/// Go modules: semantic versions with a `v`, pseudo-versions among them, and releases of Go itself (`go1.21rc2`).
struct GoVersion: VersionText {
    private let version: SemanticVersion

    init?(_ text: String) {
        guard let version = SemanticVersion(Self.semantic(text)) else { return nil }
        self.version = version
    }

    /// `go1.21rc2` as `1.21.0-rc.2`; others as they are.
    private static func semantic(_ text: String) -> String {
        let text = text.hasPrefix("go") ? String(text.dropFirst(2)) : text
        let numbers = text.prefix { $0.isNumber || $0 == "." }
        for phase in ["rc", "beta"] where text.dropFirst(numbers.count).hasPrefix(phase) {
            return "\(numbers)-\(phase).\(text.dropFirst(numbers.count + phase.count))"
        }
        return text
    }

    static func < (left: GoVersion, right: GoVersion) -> Bool { left.version < right.version }
}
