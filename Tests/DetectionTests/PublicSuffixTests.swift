@testable import Detection
import RuleLanguage
import TestSupport
import Testing

struct PublicSuffixTests {
    private static let list = PublicSuffixList(
        Array(
            """
            // comment
            com
            uk
            co.uk
            *.ck
            !www.ck
            公司.cn
            cn
            blogspot.com
            """.utf8))

    /// As https://publicsuffix.org/list/ says, with names written in every way that they travel in.
    @Test(arguments: [
        ("www.example.com", "com", "example.com"), ("example.com", "com", "example.com"), ("com", "com", nil),
        ("a.b.example.co.uk", "co.uk", "example.co.uk"), ("co.uk", "co.uk", nil), ("x.uk", "uk", "x.uk"),
        ("a.b.ck", "b.ck", "a.b.ck"), ("b.ck", "b.ck", nil), ("a.www.ck", "ck", "www.ck"), ("www.ck", "ck", "www.ck"),
        ("me.blogspot.com", "blogspot.com", "me.blogspot.com"), ("WWW.Example.COM", "COM", "Example.COM"),
        ("www.example.com.", "com.", "example.com."), ("a.b.unlisted", "unlisted", "b.unlisted"), ("host", "host", nil),
        ("shop.xn--85x722f.xn--55qx5d.cn", "xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"), (".com", "com", nil),
    ] as [(String, String, String?)])
    func namesEndInASuffix(name: String, suffix: String, domain: String?) {
        #expect(Self.list.suffix(of: Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) } == suffix)
        #expect(Self.list.domain(of: Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) } == domain)
    }

    @Test(arguments: ["", ".", "..", "a..", String(repeating: "a.", count: 200)])
    func whatIsNoNameHasNone(name: String) {
        #expect(Self.list.suffix(of: Array(name.utf8)) == nil && Self.list.domain(of: Array(name.utf8)) == nil)
    }

    /// RFC 3492, section 7.1.
    @Test(arguments: [
        ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"), ("pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"),
        ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"), ("ascii", "ascii"),
    ])
    func otherScriptsAreWrittenInASCII(label: String, encoded: String) { #expect(Punycode.label(label) == encoded) }

    @Test
    func rulesLookIntoTheDomain() {
        var options = CompilerOptions()
        options.publicSuffixes = PublicSuffixSource(path: "list")
        options.readFile = { path, _ throws(CompilerOptions.FileFailure) in
            guard path == "list" else { throw .init(message: "no \(path)") }
            return Array("com\nco.uk\n".utf8)
        }
        let lab = PayloadLab(
            rules: """
                alert dns any any -> any any (dns.query; domain; content:"example.co.uk"; bsize:13; sid:1;)
                alert dns any any -> any any (dns.query; tld; content:"co.uk"; startswith; endswith; sid:2;)
                """, options: options)
        #expect(lab.diagnostics.isEmpty && lab.ruleSet.rules.count == 2, "\(lab.diagnostics)")
        let failing = PayloadLab(rules: #"alert dns any any -> any any (dns.query; tld:x; content:"a"; sid:1;)"#, options: options)
        #expect(failing.diagnostics.map(\.message) == ["'tld' takes no value"])
        let missing = PayloadLab(rules: #"alert dns any any -> any any (dns.query; domain; content:"a"; sid:1;)"#)
        #expect(missing.diagnostics.count == 1 && missing.diagnostics[0].message.contains("package publicsuffix"))
    }
}
