/// What kind of thing is wrong: for editors and scripts, which must not read messages. The names are stable and
/// described in `docs/rules.md`.
public enum DiagnosticCode: String, Sendable, CaseIterable {
    // A rule is refused.
    /// Brackets, quotes, colons or semicolons are not where they belong.
    case syntax
    /// Action, protocol, direction, or a header that is not whole.
    case header
    case address
    case port
    case unknownKeyword = "unknown-keyword"
    /// The language has it, the engine does not.
    case unsupported
    /// What stands after the colon is not what the option takes.
    case value
    /// An option stands where it means nothing: a modifier without a content before it, or the like.
    case place
    case duplicateOption = "duplicate-option"
    /// Options that can't hold together.
    case contradiction
    case missingSID = "missing-sid"
    case duplicateSID = "duplicate-sid"
    /// A regular expression that is none.
    case expression
    /// A file that the rule names can't be read, or holds something else.
    case file

    // A rule is left out, or changed, on purpose.
    case requirement
    case replaced

    // A rule loads.
    case neverMatches = "never-matches"
    case unknownClassType = "unknown-classtype"
    case unknownReference = "unknown-reference"
    case notUTF8 = "not-utf8"
    case flowbitNeverSet = "flowbit-never-set"

    // Found by the analysis of a rule that is right.
    case flowbitNeverChecked = "flowbit-never-checked"
    case noFastPattern = "no-fast-pattern"
    case shortFastPattern = "short-fast-pattern"
    case expressionOnly = "expression-only"
    case anyPort = "any-port"

    /// A line of another file than of rules.
    case line
}
