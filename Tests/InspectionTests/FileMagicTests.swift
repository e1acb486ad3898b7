import AppLayer
import Detection
import Events
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// https://docs.suricata.io/en/suricata-8.0.0/rules/file-keywords.html#filemagic
struct FileMagicTests {
    private static func lab(_ rules: String) throws -> Lab {
        var options = CompilerOptions()
        options.fileMagic = FileMagicSource { () throws(FileMagic.Failure) in try FileMagic() }
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rules.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules, options: options)
        try #require((parsed.diagnostics + problems).isEmpty, "\(parsed.diagnostics + problems)")
        return Lab(ruleSet: set)
    }

    private static let rules = """
        alert http any any -> any any (file.magic; content:"PNG image"; startswith; sid:1;)
        alert http any any -> any any (filemagic:"pdf document"; sid:2;)
        alert http any any -> any any (filemagic:!"PDF"; filename:"a.png"; sid:3;)
        drop http any any -> any any (file.magic; content:"ELF"; sid:4;)
        """
    private static let png: [UInt8] = [
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0,
    ]

    private static func talk(_ name: String, _ body: [UInt8]) -> Conversation {
        var talk = Conversation.web("GET /\(name) HTTP/1.1\r\nHost: b\r\n\r\n")
        talk.send(Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body, from: .toClient)
        return talk
    }

    @Test(arguments: [
        ("a.png", png, ["1", "3"]), ("a.pdf", Array("%PDF-1.7\n%abc\n".utf8), ["2"]), ("a.txt", Array("plain text\n".utf8), []),
    ] as [(String, [UInt8], [String])])
    func theKindOfAFileIsToldByItsFirstBytes(name: String, body: [UInt8], alerts: [String]) throws {
        let lab = try Self.lab(Self.rules)
        _ = lab.send(Self.talk(name, body).packets)
        #expect(lab.alerts == alerts)
        let kinds: [String?] = lab.events.compactMap { if case .fileInfo(let file) = $0.body { .some(file.magic) } else { nil } }
        #expect(kinds.count == 1 && kinds[0] != nil, "\(kinds)")
    }

    /// It is known before the file is whole, so that the rest of it never comes.
    @Test
    func aFileIsStoppedWhileItComes() throws {
        let lab = try Self.lab(Self.rules)
        let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [2, 0, 62, 0, 1, 0, 0, 0]
        let verdicts = lab.send(Self.talk("a", elf + [UInt8](repeating: 0, count: 4000)).packets)
        #expect(verdicts.contains(.drop) && lab.alerts == ["4!"])
    }

    @Test
    func withoutARuleNobodyLooks() {
        let lab = Lab(#"alert http any any -> any any (http.uri; content:"/a"; sid:1;)"#)
        _ = lab.send(Self.talk("a.png", Self.png).packets)
        #expect(lab.events.allSatisfy { if case .fileInfo(let file) = $0.body { file.magic == nil } else { true } })
    }

    @Test
    func whatCannotBeLoadedIsSaid() {
        let rule = #"alert http any any -> any any (file.magic; content:"PNG"; sid:1;)"#
        let problems = RuleSet.compile(RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8)).rules).1
        #expect(problems.map(\.message) == ["'file.magic': the database of kinds of files can't be read here"])
    }
}
