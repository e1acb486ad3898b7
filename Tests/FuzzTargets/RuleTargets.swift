import Detection
import RuleLanguage

/// Rules from their text to the compiled set, and what a compiled rule does with traffic.
extension FuzzTarget {
    static let ruleTargets = [rules, match]

    /// Reads and compiles; each rule that was taken must read the same from its own text, and the file formatted.
    private static let rules = FuzzTarget("rules", words: Words.rules, seeds: Seeds.rules) { input in
        let parsed = RuleParser().parse(file: "fuzz.rules", bytes: input)
        let (set, problems) = RuleSet.compile(parsed.rules, options: FuzzRules.options)
        try promise(set.rules.count <= parsed.rules.count, "\(parsed.rules.count) rules became \(set.rules.count)")
        for diagnostic in parsed.diagnostics + problems {
            try promise(
                diagnostic.location.line >= 1 && diagnostic.location.column >= 1 && !diagnostic.message.isEmpty,
                "a diagnostic without place or message: \(diagnostic)")
        }
        for isModern in [false, true] { try checkFormatted(input, parsed.rules, RuleFormatter(isModern: isModern)) }
        for rule in parsed.rules {
            let again = RuleParser().parse(file: "fuzz.rules", bytes: Array(rule.text.utf8))
            guard let copy = again.rules.first, again.rules.count == 1 else {
                // Bytes that are no UTF-8 are not kept by the text.
                if rule.text.contains("\u{FFFD}") { continue }
                throw BrokenPromise("a rule that was read can't be read again: \(rule.text) \(again.diagnostics)")
            }
            let (before, after) = (FuzzRules.gist(rule), FuzzRules.gist(copy))
            try promise(before == after || rule.text.contains("\u{FFFD}"), "a rule reads differently again: \(before), and \(after)")
        }
    }

    /// Formatting again changes nothing, and what the rules mean stays.
    private static func checkFormatted(_ input: [UInt8], _ rules: [Rule], _ formatter: RuleFormatter) throws {
        let once = formatter.format(file: "fuzz.rules", bytes: input).bytes
        let twice = formatter.format(file: "fuzz.rules", bytes: once).bytes
        try promise(once == twice, "formatted \(SessionWitness.shown(once)), and again \(SessionWitness.shown(twice))")
        guard !formatter.isModern else { return }
        let (before, after) = (rules.map(FuzzRules.gist), RuleParser().parse(file: "fuzz.rules", bytes: once).rules.map(FuzzRules.gist))
        try promise(before == after, "formatted, \(before) became \(after)")
    }

    /// Rules, then after a `Talk.switchMark` traffic that they judge.
    private static let match = FuzzTarget(
        "match", words: Words.rules + Words.http + [Talk.switchMark], seeds: Seeds.matches
    ) { input in
        guard let mark = input.firstRange(of: Talk.switchMark) else { return }
        let parsed = RuleParser().parse(file: "fuzz.rules", bytes: Array(input[..<mark.lowerBound]))
        let (set, _) = RuleSet.compile(parsed.rules, options: FuzzRules.options)
        guard !set.rules.isEmpty else { return }
        let talk = Talk(input[mark.upperBound...])
        try EngineWitness(set).takeStream(talk, segmentSize: input.fingerprint % 2 == 0 ? 1460 : 3)
        try EngineWitness(set).takeDatagrams(talk, serverPort: 53)
    }
}

enum FuzzRules {
    static var options: CompilerOptions {
        var options = CompilerOptions()
        options.readFile = { _, _ throws(CompilerOptions.FileFailure) in Array("YQ==\n198.18.0.1,7\n".utf8) }
        return options
    }

    /// Everything of a rule but where it stands.
    static func gist(_ rule: Rule) -> String {
        var rule = rule
        rule.location = SourceLocation()
        rule.text = ""
        rule.length = 0
        rule.lineStarts = []
        return "\(rule)".replacing(#/SourceLocation\([^)]*\)(, offset: [0-9]+)?/#, with: "")
    }
}

extension Seeds {
    @Sendable static func rules() -> [[UInt8]] {
        let head = "alert tcp any any -> any any (msg:\"m\"; "
        let http = "alert http any any -> any any (flow:established,to_server; "
        let others = [
            "\(http)http.uri; content:\"/a\"; startswith; bsize:>1; urilen:<9; http.method; content:\"GET\"; sid:1; rev:2;)",
            "\(head)content:\"ab|0d 0a|\"; offset:1; depth:9; content:!\"c\"; distance:0; within:5; nocase; sid:1;)",
            "\(head)pcre:\"/a(b+)c/Ri\"; byte_test:4,>,1,0,relative,little; byte_jump:2,0,relative,multiplier 2,post_offset -1; sid:1;)",
            "\(head)byte_extract:1,0,x; byte_math:bytes 1, offset 0, oper +, rvalue x, result y; byte_test:1,=,y,0; isdataat:!1,relative; sid:1;)",
            "\(head)flowbits:set,a; flowint:b,+,1; xbits:set,c,track ip_src,expire 5; hostbits:isset,d; tag:session,1,seconds; sid:1;)",
            "\(head)threshold:type limit,track by_src,count 1,seconds 60; classtype:attempted-admin; reference:cve,2021-1; metadata:a b, c d; sid:1;)",
            "\(head)dataset:isset,d,type string,load f; dsize:1<>9; flags:S,CE; ttl:>1; window:0; stream_size:both,>,1; sid:1;)",
            "\(http)http.header; to_lowercase; content:\"x\"; file.data; base64_decode:bytes 8,offset 1,relative; base64_data; content:\"y\"; sid:1;)",
            "alert dns any any -> any 53 (dns.query; dotprefix; content:\".example.org\"; endswith; dns.opcode:0; sid:1;)",
            "alert tls any any -> any any (tls.sni; content:\"shop\"; tls.version:1.2; tls_cert_notbefore:>2020; ssl_state:client_hello; sid:1;)",
            "drop udp [198.18.0.0/15,!198.18.0.1] ![1:1024,!80] <> $HOME_NET $HTTP_PORTS (content:\"a\"; fast_pattern:only; sid:1;)",
            "# a comment\nalert ip any any -> any any (msg:\"a\\;b\"; \\\n  itype:8; icode:0; ipopts:rr; fragbits:M; sid:2;)\n",
            "alert http any any => any any (http.uri; content:\"a\"; http.stat_code; content:\"200\"; app-layer-event:http.missing_host_header; sid:1;)",
            "\(head)content:\"a\"; xor:\"0d0a\"; md5; url_decode; strip_whitespace; pcrexform:\"(a)\"; entropy: value > 1; asn1:oversize_length 8; sid:1;)",
        ].map { Array($0.utf8) }
        return others + files("rules", ".rules")
    }

    @Sendable static func matches() -> [[UInt8]] {
        let talks = [Array(http1().prefix(6)), [http2Preface + http2()[0]], Array(tls().prefix(1)), dnsStreams().prefix(1).map { $0 }].flatMap { $0 }
        return rules().enumerated().map { $0.element + Talk.switchMark + talks[$0.offset % talks.count] }
    }
}
