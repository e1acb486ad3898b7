/// Versions as patches name them: `>=2.4.49,<2.4.51`, `*`, several with `||` between them.
///
/// A comparison is `<`, `<=`, `>`, `>=`, `=` or `!=` and a version; all that a comma joins must hold. A version alone
/// stands for itself.
public struct VersionRange: Sendable, CustomStringConvertible {
    enum Relation: String {
        case atMost = "<=", atLeast = ">=", not = "!=", same = "==", less = "<", more = ">", equal = "="
        static let all: [Relation] = [.atMost, .atLeast, .not, .same, .less, .more, .equal]
    }

    struct Bound {
        let relation: Relation
        let version: String
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let description: String
    public let order: VersionOrder
    /// Of each alternative, the comparisons that must all hold; none is every version.
    private let alternatives: [[Bound]]

    public init(_ text: String, order: VersionOrder) throws(Failure) {
        description = text
        self.order = order
        var alternatives: [[Bound]] = []
        for alternative in text.split(separator: "||", omittingEmptySubsequences: false) {
            alternatives.append(try Self.bounds(alternative, of: text, order))
        }
        self.alternatives = alternatives
    }

    private static func bounds(
        _ alternative: Substring, of text: String, _ order: VersionOrder
    ) throws(Failure) -> [Bound] {
        guard alternative.trimmed != "*" else { return [] }
        var bounds: [Bound] = []
        for comparison in alternative.split(separator: ",", omittingEmptySubsequences: false) {
            let comparison = comparison.trimmed
            let relation = Relation.all.first { comparison.hasPrefix($0.rawValue) }
            let version = comparison.dropFirst(relation?.rawValue.count ?? 0).trimmed
            guard !version.isEmpty else {
                throw Failure(description: "'\(text)': expected a comparison such as >=2.4.49, found '\(comparison)'")
            }
            // Not one of ecosystems that take any text for a version holds others.
            let isPlain = version.utf8.allSatisfy { $0.isLetter || $0.isDigit || ".+-~^_:!".utf8.contains($0) }
            guard isPlain, order.isVersion(String(version)) else {
                throw Failure(description: "'\(text)': expected \(order.summary), found '\(version)'")
            }
            bounds.append(Bound(relation: relation ?? .equal, version: String(version)))
        }
        for lower in bounds where [.atLeast, .more].contains(lower.relation) {
            for upper in bounds where [.atMost, .less].contains(upper.relation) {
                let comparison = order.compare(lower.version, upper.version)
                let isClosed = lower.relation == .atLeast && upper.relation == .atMost
                guard comparison == .earlier || (comparison == .same && isClosed) else {
                    throw Failure(
                        description: "'\(text)': no version is both \(lower.relation.rawValue)\(lower.version) "
                            + "and \(upper.relation.rawValue)\(upper.version)")
                }
            }
        }
        return bounds
    }

    /// - Returns: nil when it can't be said: the version is none of this ecosystem, or a tag that stands for many.
    public func contains(_ version: String) -> Bool? {
        var isKnown = true
        for alternative in alternatives {
            var holds = true
            for bound in alternative {
                guard let result = satisfies(version, bound) else {
                    (isKnown, holds) = (false, false)
                    break
                }
                holds = holds && result
            }
            if holds { return true }
        }
        return isKnown ? false : nil
    }

    private func satisfies(_ version: String, _ bound: Bound) -> Bool? {
        if order == .imageTag, let tag = ImageTag(version), let limit = ImageTag(bound.version), tag.isCoarser(than: limit) {
            return nil
        }
        guard let result = order.compare(order.part(of: version, for: bound.version), bound.version) else { return nil }
        return switch bound.relation {
        case .atMost: result != .later
        case .atLeast: result != .earlier
        case .less: result == .earlier
        case .more: result == .later
        case .same, .equal: result == .same
        case .not: result != .same
        }
    }
}

extension StringProtocol {
    /// Without blanks around it.
    var trimmed: SubSequence {
        let start = firstIndex { $0 != " " && $0 != "\t" } ?? endIndex
        guard let end = lastIndex(where: { $0 != " " && $0 != "\t" }) else { return self[start..<start] }
        return self[start...end]
    }
}
