/// One keyword of the rule language and what this engine makes of it.
public struct KeywordDescription: Sendable {
    public enum Kind: String, Sendable { case option, buffer, modifier, transform }
    /// `silent`: the rule loads with a warning and never matches, as the protocol is recognised but not parsed.
    public enum Support: String, Sendable { case supported, silent, refused }

    public let name: String
    public let kind: Kind
    public let support: Support
    /// The application protocol that the keyword is of, nil for one that is of none.
    public let appProtocol: String?
}

/// All keywords, in order of their names.
public enum KeywordTable {
    public static let entries: [KeywordDescription] = {
        var entries: [KeywordDescription] = []
        func add(_ names: some Sequence<String>, _ kind: KeywordDescription.Kind, _ support: KeywordDescription.Support) {
            for name in names {
                entries.append(
                    KeywordDescription(name: name, kind: kind, support: support, appProtocol: appProtocol(of: name)))
            }
        }
        let modifiers = Set(StickyBuffers.modifiers.keys)
        add(Keywords.supportedOptions.filter { StickyBuffers.sticky[$0] == nil }, .option, .supported)
        add(StickyBuffers.sticky.keys.filter { !modifiers.contains($0) }, .buffer, .supported)
        add(modifiers, .modifier, .supported)
        add(StickyBuffers.transforms.filter(Keywords.isSupported), .transform, .supported)
        add(Keywords.silentBuffers.keys, .buffer, .silent)
        add(Keywords.silentOptions.keys, .option, .silent)
        add(Keywords.refused.keys, .option, .refused)
        return entries.sorted { $0.name < $1.name }
    }()

    private static func appProtocol(of name: String) -> String? {
        if let known = Keywords.silentBuffer(name) ?? Keywords.silentOption(name) { return known }
        let first = name.prefix { $0 != "." && $0 != "_" }
        return RuleParser.appProtocols.contains(String(first)) ? String(first) : nil
    }
}
