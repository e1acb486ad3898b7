import RuleLanguage
import TestSupport
import Testing

struct RuleFormatterTests {
    private func format(_ text: String, isModern: Bool = false) -> String {
        String(decoding: RuleFormatter(isModern: isModern).format(file: "f.rules", bytes: Array(text.utf8)).bytes, as: UTF8.self)
    }

    @Test func oneBlankBetweenTheParts() {
        let text = #"""
            ALERT  tcp [10.0.0.0/8, !10.1.0.0/16]   any ->  any  [80, 443]( MSG : "a ;  b\; c" ;flow: established , to_server;
            """#.replacing("b\\;", with: "b\\;").replacing("a ;", with: "a \\;")
            + #"content :! "x  y" ; metadata:a  b ,c d ; threshold: type limit,track by_src ,count 1, seconds 60;reference: url , x.y/a, b;sid : 1 ;)"#
        #expect(
            format(text)
                == #"alert tcp [10.0.0.0/8,!10.1.0.0/16] any -> any [80,443] (msg:"a \;  b\; c"; flow:established,to_server; content:!"x  y"; metadata:a b, c d; threshold:type limit, track by_src, count 1, seconds 60; reference:url,x.y/a, b; sid:1;)"#
                + "\n")
    }

    @Test func commentsBlankLinesAndDisabledRulesStay() {
        let text = "\n\n  # head  \n\n\n#alert  tcp any any -> any any ( sid:1 ; )\n##alert tcp any any -> any any (sid:1;)\r\n"
            + "# not a (rule)\nalert tcp any any -> any any (sid:2;)\r\n\n\n"
        #expect(
            format(text)
                == "# head\n\n# alert tcp any any -> any any (sid:1;)\n##alert tcp any any -> any any (sid:1;)\n"
                + "# not a (rule)\nalert tcp any any -> any any (sid:2;)\n")
        #expect(format("") == "" && format("\n \n") == "")
    }

    @Test func continuedLinesAreJoined() {
        #expect(
            format("alert tcp any any -> any any \\\n  (content:\"a\"; \\\r\n  sid:1;)\n")
                == "alert tcp any any -> any any (content:\"a\"; sid:1;)\n")
        #expect(format("\u{feff}alert tcp any any -> any any (sid:1;)") == "alert tcp any any -> any any (sid:1;)\n")
    }

    @Test(arguments: [
        "alert tcp any any -> any any (sid:1;", "alert tcp any any any (sid:1;)", "nonsense  here ", "alert tcp any any -> any any (sid:1)",
        "alert tcp any any -> any any \\\n  [(", "x (y;) \\", "(;)",
    ])
    func whatIsNoRuleStaysAndIsSaid(text: String) {
        let result = RuleFormatter().format(file: "f", bytes: Array("\(text)\n".utf8))
        #expect(String(decoding: result.bytes, as: UTF8.self).hasPrefix(text))
        #expect(result.diagnostics.count == 1 && result.diagnostics.allSatisfy { $0.severity == .warning && $0.location.line <= 2 })
        #expect(RuleFormatter().format(file: "f", bytes: result.bytes).bytes == result.bytes)
    }

    @Test(arguments: [
        (#"content:"/a"; nocase; http_uri; content:"b"; distance:1; http_uri; content:"raw"; content:"GET"; http_method;"#,
            #"http.uri; content:"/a"; nocase; content:"b"; distance:1; pkt_data; content:"raw"; http.method; content:"GET";"#),
        (#"uricontent:"/x"; pcre:"/a\/b/Ui"; pcre:"/q/R";"#, #"http.uri; content:"/x"; pcre:"/a\/b/i"; pcre:"/q/R";"#),
        (#"content:"h"; http_header; fast_pattern:only; isdataat:!1,relative;"#,
            #"http.header; content:"h"; fast_pattern; isdataat:!1,relative;"#),
        (#"file_data; content:"x"; dns_query; content:"y";"#, #"file.data; content:"x"; dns.query; content:"y";"#),
        (#"http.header; to_lowercase; content:"a"; pcre:"/b/U"; content:"c";"#,
            #"http.header; to_lowercase; content:"a"; http.uri; pcre:"/b/"; http.header; to_lowercase; content:"c";"#),
        (#"tls.subject:"CN=a"; content:"x";"#, #"tls.subject:"CN=a"; content:"x";"#),
        (#"frame:http1.request; content:"a"; pcre:"/b/U";"#, #"frame:http1.request; content:"a"; http.uri; pcre:"/b/";"#),
        (#"http.uri; content:"a"; http.uri; content:"b";"#, #"http.uri; content:"a"; http.uri; content:"b";"#),
    ])
    func modern(old: String, new: String) {
        let head = "alert http any any -> any any ("
        #expect(format("\(head)\(old) sid:1;)", isModern: true) == "\(head)\(new) sid:1;)\n")
        #expect(format("\(head)\(new) sid:1;)", isModern: true) == "\(head)\(new) sid:1;)\n")
    }

    @Test func aRuleThatCantBeReadIsNotMadeModern() {
        let rule = #"alert http any any -> any any (content:"a"; http_uri; nonsense:1; sid:1;)"#
        let result = RuleFormatter(isModern: true).format(file: "f", bytes: Array(rule.utf8))
        #expect(String(decoding: result.bytes, as: UTF8.self) == "\(rule)\n" && result.diagnostics.first?.code == .unknownKeyword)
    }

    // MARK: Generated rules

    /// Formatting changes no rule, and what is formatted stays.
    @Test func generatedRules() {
        var random = SeededRandom(seed: 11)
        for number in 0..<800 {
            let rule = Self.rule(&random, sid: number + 1)
            for isModern in [false, true] {
                let formatter = RuleFormatter(isModern: isModern)
                let once = formatter.format(file: "f", bytes: Array(rule.utf8))
                // Two looks into one instance of file.data, with another buffer between them, have no sticky form.
                let isRefused = once.diagnostics.contains { $0.message.contains("without another meaning") }
                #expect(once.diagnostics.isEmpty || isModern && isRefused && rule.contains("file_data"), "\(rule)")
                #expect(formatter.format(file: "f", bytes: once.bytes).bytes == once.bytes, "\(rule)")
                #expect(Self.meaning(once.bytes) == Self.meaning(Array(rule.utf8)), "\(rule)")
            }
        }
    }

    /// Any bytes at all: nothing is lost that is not a blank, and what is formatted stays.
    @Test func mutatedFiles() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<1500 {
            var bytes = (0..<Int.random(in: 1...3, using: &random)).flatMap { Array("\(Self.rule(&random, sid: $0 + 1))\n".utf8) }
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(Array("\\\n\r#();:\"! \t".utf8)[Int.random(in: 0..<11, using: &random)], at: at)
                default: bytes.remove(at: at)
                }
            }
            let once = RuleFormatter().format(file: "f", bytes: bytes).bytes
            let twice = RuleFormatter().format(file: "f", bytes: once).bytes
            #expect(once == twice, "\(String(decoding: bytes, as: UTF8.self))")
            #expect(Self.meaning(once) == Self.meaning(bytes), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    /// What the parser makes of the file, places left out. Old modifiers and sticky buffers come out the same.
    private static func meaning(_ bytes: [UInt8]) -> [String] {
        RuleParser().parse(file: "f", bytes: bytes).rules.map { rule in
            let options = rule.options.map { option -> String in
                guard case .payload(let payload) = option else { return "\(option)".replacing(/line: \d+, column: \d+/, with: "") }
                return "\(payload.buffer ?? "-") \(payload.transforms) \(payload.match)".replacing("only", with: "whole")
            }
            return "\(rule.sid) \(rule.action) \(rule.header) \(rule.message) \(rule.metadata) \(rule.references) \(options)"
        }
    }

    private static func rule(_ random: inout SeededRandom, sid: Int) -> String {
        func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }
        func blanks() -> String { pick(["", " ", "  ", "\t", " \\\n "]) }
        var options: [String] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            switch Int.random(in: 0..<9, using: &random) {
            case 0: options.append("flow:\(blanks())established\(blanks()),\(blanks())to_server")
            case 1: options.append(pick(["http.uri", "http.header", "file_data", "pkt_data", "http.user_agent"]))
            case 2: options += ["content:\(blanks())\"a\(pick(["b", "\\;", "|3a 20|", "\\\\", "  "]))\"", pick(["http_uri", "http_header", "http_cookie"])]
            case 3: options.append("pcre:\(pick(["", "!"]))\"/x\(pick(["\\/", "\\\"", "[a-c]", "\\\\"]))y/\(pick(["", "i", "Ui", "H", "P"]))\"")
            case 4: options += ["content:\"needle\"", pick(["nocase", "offset: 3", "depth:10 ", "fast_pattern"])]
            case 5: options.append("byte_test:\(blanks())2\(blanks()),>,\(blanks())10, 0")
            case 6: options.append("metadata:\(blanks())policy  a\(blanks()),created_at 2020\(blanks())")
            case 7: options.append("flowbits:\(blanks())set,\(blanks())bit")
            default: options.append("content:\"z\"")
            }
        }
        if options.count(where: { $0 == "fast_pattern" }) > 1 { options.removeAll { $0 == "fast_pattern" } }
        // Only what can be read shows whether its meaning stays.
        let body = options.map { "\(blanks())\($0)\(blanks());" }.joined()
        let rule = "alert\(pick([" ", "  "]))http any any -> any any (msg:\"m  \(sid)\";\(body) sid:\(sid);)"
        return RuleParser().parse(file: "f", bytes: Array(rule.utf8)).rules.isEmpty
            ? "alert http any any -> any any (content:\"x\"; http_uri; sid:\(sid);)" : rule
    }
}
