import RuleLanguage
import TestSupport
import Testing

struct GlobTests {
    @Test(arguments: [
        ("log4shell", "log4shell", true), ("log4shell", "log4shel", false), ("class-*", "class-upload", true),
        ("class-*", "class-", true), ("class-*", "subclass-x", false), ("*", "", true), ("*", "a/b", true), ("?", "", false),
        ("a?c", "abc", true), ("*/web", "docker.io/shop/web", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXcYb", false),
        ("/search*", "/search/deep?x", true), ("[a]", "a", false), ("[a]", "[a]", true),
    ])
    func patterns(pattern: String, text: String, fits: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(text) == fits, "\(pattern) on \(text)")
    }

    @Test func emptyAndEndlessPatternsAreNone() {
        #expect(Glob("") == nil && Glob(String(repeating: "a", count: 513)) == nil && Glob(String(repeating: "*", count: 512)) != nil)
    }

    /// By the definition: a star is nothing, or one byte and a star again.
    private func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            return matches(pattern.dropFirst(), text) || !text.isEmpty && matches(pattern, text.dropFirst())
        }
        guard let byte = text.first, first == UInt8(ascii: "?") || first == byte else { return false }
        return matches(pattern.dropFirst(), text.dropFirst())
    }

    @Test func asTheDefinitionSays() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<4000 {
            let pattern = (0..<Int.random(in: 1...6, using: &random)).map { _ in Array("ab*?".utf8).randomElement(using: &random) ?? 0x61 }
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in Array("ab".utf8).randomElement(using: &random) ?? 0x61 }
            let glob = try #require(Glob(String(decoding: pattern, as: UTF8.self)))
            #expect(glob.matches(text) == matches(pattern[...], text[...]), "\(glob.text) on \(String(decoding: text, as: UTF8.self))")
        }
    }

    /// Steps are pattern times text at most; by the definition this one takes longer than the universe is old.
    @Test func starsDoNotMultiply() throws {
        let glob = try #require(Glob(String(repeating: "*a", count: 200) + "b"))
        #expect(!glob.matches([UInt8](repeating: 0x61, count: 20_000)))
    }
}
