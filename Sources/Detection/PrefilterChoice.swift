import AppLayer
import MultiPattern
import RuleLanguage
import Wire

/// Chooses the content whose absence rules a rule out soonest.
enum PrefilterChoice {
    /// Longer ones only make the automaton larger.
    private static let maximumLength = 16
    /// Rarer than one place in so many powers of two is as good as never.
    private static let enoughBits = 48

    static func choose(_ groups: [BufferGroup], _ options: [PayloadOption]) -> Prefilter? {
        var best: (score: Int, prefilter: Prefilter)?
        for option in options {
            guard case .content(let content) = option.match, !content.isNegated,
                let group = groups.first(where: {
                    $0.isNamed(option.buffer) && ($0.target?.transforms.transforms ?? []) == option.transforms
                        && (option.side == nil || $0.target?.side == option.side)
                })
            else { continue }
            if let target = group.target, target.buffer.protocols.isEmpty { continue }
            // The buffer may as well not be there.
            if case .absent? = group.steps.first { continue }
            var pattern = content.pattern
            if case .chop(let offset, let length) = content.fastPattern {
                pattern = Array(pattern[offset..<min(offset + length, pattern.count)])
            }
            let window = GramFrequency.rarestWindow(of: pattern, length: maximumLength)
            let score = min(window.bits, enoughBits) + preference(group.target) + (content.fastPattern == nil ? 0 : 1000)
            guard score > (best?.score ?? .min) else { continue }
            best = (
                score,
                Prefilter(
                    target: group.target, pattern: Array(pattern.dropFirst(window.offset).prefix(maximumLength)),
                    ignoresCase: content.ignoresCase)
            )
        }
        return best?.prefilter
    }

    /// Short buffers are cheaper to scan than bodies, and those than payload and stream, where the rule is tried on all
    /// traffic. Buffers that hold the same few words in every request tell little.
    private static func preference(_ target: InspectedBuffer?) -> Int {
        guard let buffer = target?.buffer else { return 0 }
        return switch buffer {
        case .httpMethod, .httpProtocol, .httpStatCode, .httpStatMessage: 100
        default: buffer.isStreamed ? 200 : 216
        }
    }
}
