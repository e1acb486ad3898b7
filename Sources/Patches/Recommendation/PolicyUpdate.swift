import RuleLanguage
public import Wire

/// Writes what was recommended into a policy, beside what people wrote there.
///
/// Its own lines are told by their reasons, which begin with `recommended:`; whoever changes the reason makes the line
/// their own. A line of people that names the patch itself for the image goes before a recommendation.
public struct PolicyUpdate {
    public static let mark = "recommended: "

    public struct Change: Sendable, Encodable, Hashable {
        public enum Kind: String, Sendable, Encodable { case added, changed, removed, kept, skipped }
        public let kind: Kind
        public let patch: String
        public let `where`: String
        /// Why, where it needs saying.
        public let because: String?

        public var text: String { "\(kind.rawValue): \(patch) \(`where`)" + (because.map { " (\($0))" } ?? "") }
    }

    /// A stage for every line; nil for the one that was recommended.
    private let stage: PatchPackage.Stage?
    private let time: Timestamp

    public init(stage: PatchPackage.Stage?, at time: Timestamp) {
        self.stage = stage
        self.time = time
    }

    /// - Throws: when the policy is written so that a program can't change it.
    public func apply(_ recommendation: Recommendation, to editor: inout PolicyEditor) throws(PatchError) -> [Change] {
        var changes: [Change] = []
        var wanted: [PolicyLine] = []
        for enable in recommendation.enable {
            guard let selector = Self.selector(enable.image), let patch = Glob(enable.patch) else {
                changes.append(skipped(enable, "the report names neither a digest nor an image"))
                continue
            }
            if enable.image.containers?.isEmpty == true {
                changes.append(skipped(enable, "nothing runs it"))
                continue
            }
            if let line = editor.policy.lines.first(where: { isOfPeople($0, patch, selector) }) {
                changes.append(skipped(enable, "\(line.location.file):\(line.location.line) says \(line.stage.rawValue)"))
                continue
            }
            wanted.append(
                PolicyLine(patch: patch, selector: selector, stage: stage ?? enable.stage, reason: Self.reason(enable.because)))
        }
        try remove(unwanted: wanted, recommendation, &editor, &changes)
        for line in wanted { try write(line, &editor, &changes) }
        return changes
    }

    private func skipped(_ enable: Recommendation.Enable, _ because: String) -> Change {
        Change(kind: .skipped, patch: enable.patch, where: enable.image.text, because: because)
    }

    public static func isOwn(_ line: PolicyLine) -> Bool { line.reason?.hasPrefix(mark) ?? false }

    /// By its digests; by its name when there are none.
    private static func selector(_ image: Recommendation.Image) -> ContainerSelector? {
        var selector = ContainerSelector()
        selector.digest = image.digests.compactMap { Glob($0) }
        if selector.digest.isEmpty { selector.image = [image.name.map(ImageReference.normalised)].compactMap { $0.flatMap { Glob($0) } } }
        return selector.isEverywhere ? nil : selector
    }

    private static func reason(_ reasons: [PatchReason]) -> String {
        let first = reasons.first?.text ?? ""
        return mark + first + (reasons.count > 1 ? " and \(reasons.count - 1) more" : "")
    }

    /// Patterns of patches (`*`, `class-*`) set what holds otherwise; a line for the patch itself is somebody's decision.
    private func isOfPeople(_ line: PolicyLine, _ patch: Glob, _ selector: ContainerSelector) -> Bool {
        guard !Self.isOwn(line), line.patch == patch, line.until.map({ $0.end > time }) ?? true else { return false }
        if line.selector.isEverywhere { return true }
        return !line.selector.digest.isEmpty && line.selector.digest.contains { glob in selector.digest.contains { glob.matches($0.text) } }
            || !line.selector.image.isEmpty && line.selector.image.contains { glob in selector.image.contains { glob.matches($0.text) } }
    }

    /// Own lines for images that were scanned now, or that are known not to run, whose patch is not wanted there any more.
    private func remove(
        unwanted wanted: [PolicyLine], _ recommendation: Recommendation, _ editor: inout PolicyEditor, _ changes: inout [Change]
    ) throws(PatchError) {
        for index in editor.policy.lines.indices.reversed() {
            let line = editor.policy.lines[index]
            guard Self.isOwn(line), !wanted.contains(where: { $0.patch == line.patch && $0.selector == line.selector }),
                recommendation.images.contains(where: { Self.selector($0) == line.selector })
            else { continue }
            try editor.removeLine(index)
            changes.append(
                Change(kind: .removed, patch: line.patch.text, where: line.selector.text, because: "not needed there any more"))
        }
    }

    private func write(_ line: PolicyLine, _ editor: inout PolicyEditor, _ changes: inout [Change]) throws(PatchError) {
        let place = editor.policy.lines.lastIndex { Self.isOwn($0) && $0.patch == line.patch && $0.selector == line.selector }
        guard let place else {
            try editor.append(line)
            changes.append(Change(kind: .added, patch: line.patch.text, where: line.selector.text, because: nil))
            return
        }
        let old = editor.policy.lines[place]
        var line = line
        // A stage that was reached by promotion stays, unless another one is asked for.
        if stage == nil { (line.stage, line.canary) = (old.stage, old.canary) }
        let isSame = old.stage == line.stage && old.reason == line.reason
        if !isSame { try editor.replace(place, with: line) }
        changes.append(Change(kind: isSame ? .kept : .changed, patch: line.patch.text, where: line.selector.text, because: nil))
    }
}
