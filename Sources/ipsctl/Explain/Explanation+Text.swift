extension Explanation {
    /// For people, a line for each thing that is known.
    var text: String {
        var lines = [
            "\(timestamp) \(source) -> \(destination)\(flow_id.map { "  flow \($0)" } ?? "")",
            "  verdict: \(verdict)\(reason.map { ", reason: \($0)" } ?? "")",
        ]
        if source_container != nil || destination_container != nil {
            lines.append("  containers: \(Self.text(source_container)) -> \(Self.text(destination_container))")
        }
        if let rule {
            lines.append("  rule: sid \(rule.sid), \(rule.message)\(rule.place.map { " (\($0))" } ?? "")")
            if let text = rule.text { lines.append("        \(text)") }
        }
        if let patch { lines += patchLines(patch) }
        if let exception {
            lines.append(
                "  excepted: \(exception.reason ?? "") until \(exception.until ?? "?")\(exception.policy.map { " (\($0))" } ?? "")")
        }
        lines += matchLines + normalisationLines
        if let remedy {
            lines.append("  to except it, under exceptions: in the policy:")
            lines += remedy.policy.split(separator: "\n").map { "    \($0)" }
            lines.append("  or: \(remedy.command)")
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ container: Container?) -> String {
        container.map { "\($0.name) [\($0.image)]" } ?? "none"
    }

    private func patchLines(_ patch: Patch) -> [String] {
        let title = patch.title.map { $0.isEmpty ? "" : ", \($0)" } ?? ""
        let canary = patch.canary.map { $0 == "enforce" ? ", enforced on this flow" : ", not enforced on this flow" } ?? ""
        let lines = ["  patch: \(patch.id)\(title)", "  policy: \(patch.stage ?? "?")\(canary)\(policy.map { " (\($0))" } ?? "")"]
        return lines + (policy_text?.split(separator: "\n").map { "      \($0)" } ?? [])
    }

    private var matchLines: [String] {
        guard let match else { return [] }
        return [
            "  matched: \(match.length) bytes at offset \(match.offset) of \(match.buffer): \(match.matched)",
            "           \(match.matched_hex)", "  context:",
        ] + HexText.dump(HexText.bytes(match.context_hex), from: match.context_offset).map { "    \($0)" }
    }

    private var normalisationLines: [String] {
        guard let normalisation else { return [] }
        var lines: [String] = []
        if let raw = normalisation.raw { lines.append("  sent as: \(raw)") }
        if !normalisation.decoded.isEmpty { lines.append("  decoded: \(normalisation.decoded.joined(separator: ", "))") }
        if normalisation.defragmented { lines.append("  put together from fragments") }
        if normalisation.segments_rewritten > 0 {
            lines.append("  segments of the flow that differed from what came first and were rewritten: \(normalisation.segments_rewritten)")
        }
        return lines
    }
}
