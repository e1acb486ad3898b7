import RuleLanguage
import TestSupport
import Testing

struct RuleParserTests {
    private func parse(_ text: String, variables: RuleVariables = RuleVariables()) -> RuleParser.Result {
        RuleParser(variables: variables).parse(file: "site.rules", bytes: Array(text.utf8))
    }

    private func rule(_ options: String) -> Rule? {
        parse("alert tcp any any -> any any (\(options) sid:1;)").rules.first
    }

    private func contents(_ options: String) -> [(buffer: String?, content: ContentMatch)] {
        (rule(options)?.options ?? []).compactMap {
            guard case .payload(let option) = $0, case .content(let content) = option.match else { return nil }
            return (option.buffer, content)
        }
    }

    @Test func header() throws {
        let parsed = parse(
            #"reject http [10.0.0.0/8,!10.1.0.0/16] ![80,443] <> any 8000:8080 (msg:"a \"b\"\; c"; sid:7; rev:3; gid:2; priority:1;)"#)
        #expect(parsed.diagnostics.isEmpty)
        let rule = try #require(parsed.rules.first)
        #expect(rule.action == .reject && rule.rejectTarget == .source && rule.header.proto == "http")
        #expect(rule.header.isBidirectional)
        #expect(rule.header.sourcePorts.ranges == [0...79, 81...442, 444...65_535])
        #expect(rule.header.destinationPorts.ranges == [8000...8080])
        #expect(rule.message == #"a "b"; c"# && rule.sid == 7 && rule.rev == 3 && rule.gid == 2 && rule.priority == 1)
    }

    @Test(arguments: [
        ("rejectsrc", Rule.RejectTarget.source), ("rejectdst", .destination), ("rejectboth", .both),
    ])
    func rejectTargets(action: String, target: Rule.RejectTarget) {
        #expect(parse("\(action) ip any any -> any any (sid:1;)").rules.first?.rejectTarget == target)
    }

    @Test func variables() {
        var variables = RuleVariables()
        variables.setAddressGroup("EXTERNAL_NET", to: "!$HOME_NET")
        variables.setAddressGroup("HOME_NET", to: "[198.18.0.0/15,fd00::/8]")
        variables.setPortGroup("HTTP_PORTS", to: "[80,$OTHER]")
        variables.setPortGroup("OTHER", to: "8080")
        #expect(variables.problem(addressGroup: "EXTERNAL_NET") == nil && variables.problem(portGroup: "HTTP_PORTS") == nil)
        let parsed = parse("alert tcp $EXTERNAL_NET any -> $HOME_NET $HTTP_PORTS (sid:1;)", variables: variables)
        #expect(parsed.diagnostics.isEmpty)
        #expect(parsed.rules.first?.header.destinationPorts.ranges == [80...80, 8080...8080])
        variables.setAddressGroup("LOOP", to: "$LOOP")
        #expect(variables.problem(addressGroup: "LOOP")?.message.contains("itself") == true)
        variables.setAddressGroup("NOTHING", to: "!any")
        #expect(variables.problem(addressGroup: "NOTHING") != nil)
    }

    @Test func contentModifiers() throws {
        let found = contents(
            #"content:"a|3a 20|b|22|"; nocase; offset:2; depth:9; content:!"x"; distance:-1; within:5; http.uri; content:"/up"; startswith; content:"q"; endswith; fast_pattern; http.header; content:"z";"#)
        try #require(found.map(\.buffer) == [nil, nil, "http.uri", "http.uri", "http.header"])
        #expect(found[0].content.pattern == Array("a: b\"".utf8) && found[0].content.ignoresCase)
        #expect(found[0].content.offset == .number(2) && found[0].content.depth == .number(9))
        #expect(found[1].content.isNegated && found[1].content.distance == .number(-1) && found[1].content.within == .number(5))
        #expect(found[2].content.startsWith && found[3].content.endsWith && found[3].content.fastPattern == .whole)
    }

    @Test(arguments: [
        "http_uri": "http.uri", "http_raw_uri": "http.uri.raw", "http_method": "http.method", "http_cookie": "http.cookie",
        "http_client_body": "http.request_body", "http_server_body": "http.response_body", "http_stat_code": "http.stat_code",
        "http_user_agent": "http.user_agent", "http_host": "http.host", "http_raw_header": "http.header.raw",
    ])
    func legacyModifiers(modifier: String, buffer: String) {
        #expect(contents("content:\"a\"; \(modifier);").map(\.buffer) == [buffer])
    }

    @Test func pcreFlags() {
        for text in [#"pcre:"/a\/b\;\"c/Ri";"#, #"pcre:/a\/b/URi;"#] {
            guard case .payload(let option)? = rule(text)?.options.first, case .pcre(let match) = option.match else {
                Issue.record("\(text) gives no pcre")
                continue
            }
            #expect(match.isRelative && match.flags == "i")
            #expect(option.buffer == (text.contains("URi") ? "http.uri" : nil))
        }
    }

    @Test func metadataReferencesAndTarget() throws {
        let found = rule(
            "reference:cve,2021-44228; metadata:created_at 2021_12_10, policy drop; target:dest_ip; classtype:attempted-admin;")
        let rule = try #require(found)
        #expect(rule.references.map(\.system) == ["cve"] && rule.metadata.map(\.value) == ["2021_12_10", "drop"])
        #expect(rule.target == .destination && rule.classType == "attempted-admin" && rule.priority == 1)
    }

    @Test func linesCommentsAndContinuations() {
        let parsed = parse(
            "# a comment\n\nalert tcp any any -> any any (sid:1;)\r\n  #alert off (sid:9;)\nalert tcp any any \\\n -> any any \\\n (sid:2;)")
        #expect(parsed.rules.map(\.sid) == [1, 2] && parsed.diagnostics.isEmpty)
        #expect(parsed.rules.map(\.location.line) == [3, 5])
    }

    /// One broken rule among good ones: file, line, column and the caret under what is wrong.
    @Test(arguments: [
        (#"alert tcp any any -> any any (content:"a"; nosuch:1; sid:5;)"#, "nosuch", "not a keyword"),
        (#"alert tcp any any -> any any (content:"a|4|"; sid:5;)"#, "", "odd"),
        (#"alert tcp any any -> any any (content:"abc"; depth:2; sid:5;)"#, "", "depth"),
        (#"alert tcp any any -> any any (content:""; sid:5;)"#, "", "empty"),
        (#"alert tcp any 70000 -> any any (sid:5;)"#, "70000", "port"),
        (#"alert tcp 10.0.0.0/40 any -> any any (sid:5;)"#, "10.0.0.0/40", ""),
        (#"alert tcp $NOPE any -> any any (sid:5;)"#, "NOPE", "$NOPE"),
        (#"alert nosuch any any -> any any (sid:5;)"#, "nosuch", "protocol"),
        (#"alrt tcp any any -> any any (sid:5;)"#, "alrt", "action"),
        (#"alert tcp any any any any (sid:5;)"#, "", "header"),
        (#"alert tcp any any -> any any (content:"a"; sid:x;)"#, "x", ""),
        (#"alert tcp any any -> any any (content:"a";)"#, "", "sid"),
        (#"alert tcp any any -> any any (pcre:"abc"; sid:5;)"#, "abc", "slashes"),
        (#"alert tcp any any -> any any (nocase; sid:5;)"#, "", "content"),
        (#"alert tcp any any -> any any (flow:sideways; sid:5;)"#, "sideways", ""),
        (#"alert tcp any any -> any any (content:"a"; sid:5;"#, "", "')'"),
        (#"alert tcp any any -> any any (flowbits:set; sid:5;)"#, "", ""),
        (#"alert tcp [10.0.0.1 any -> any any (sid:5;)"#, "[10.0.0.1", "]"),
    ])
    func diagnostics(line: String, culprit: String, says: String) throws {
        let parsed = parse("alert tcp any any -> any any (sid:1;)\n\(line)\nalert tcp any any -> any any (sid:2;)\n")
        #expect(parsed.rules.map(\.sid) == [1, 2])
        let diagnostic = try #require(parsed.diagnostics.first { $0.severity == .error })
        #expect(diagnostic.location.file == "site.rules" && diagnostic.location.line == 2)
        #expect(diagnostic.message.contains(says), "\(diagnostic.message)")
        let column = diagnostic.location.column
        #expect(column >= 1 && column <= line.count + 1)
        if !culprit.isEmpty {
            #expect(Array(line).dropFirst(column - 1).starts(with: culprit), "column \(column): \(diagnostic)")
        }
        let excerpt = try #require(diagnostic.excerpt)
        let lines = excerpt.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines[1].hasSuffix("^"))
        #expect(lines[0].count <= 200)
    }

    @Test func theCaretStandsUnderTheCulpritOfALongLine() throws {
        let line = "alert tcp any any -> any any (msg:\"\(String(repeating: "long ", count: 60))\"; nosuch:1; sid:5;)"
        let diagnostic = try #require(parse(line).diagnostics.first)
        let lines = try #require(diagnostic.excerpt).split(separator: "\n").map(Array.init)
        let caret = try #require(lines[1].firstIndex(of: "^"))
        #expect(lines[0][caret...].starts(with: "nosuch"))
    }

    /// Mutated rules are read or diagnosed, each line by itself.
    @Test func mutatedRules() {
        let seeds = [
            #"alert http $HOME_NET any -> [10.0.0.0/8,!10.1.2.3] 80 (msg:"m"; flow:established,to_server; http.uri; content:"/a|3b|"; nocase; distance:1; within:4; pcre:"/x{1,3}/iU"; byte_test:2,>,10,0,relative,little; threshold:type limit, track by_src, count 1, seconds 60; metadata:a b, c d; reference:url,x.y; sid:1; rev:2;)"#,
            #"drop tcp any any <> any [1:10,!5] (content:"a"; isdataat:!4,relative; byte_jump:4,0,string,hex,align,post_offset -1; flowbits:set,x; dsize:>10; tcp.flags:SA,12; sid:2;)"#,
        ]
        var random = SeededRandom(seed: 3)
        for _ in 0..<1500 {
            var bytes = Array(seeds[Int.random(in: 0..<seeds.count, using: &random)].utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(Array("();:,|\"!$[]\\".utf8)[Int.random(in: 0..<12, using: &random)], at: at)
                default: bytes.removeSubrange(at..<min(bytes.count, at + 10))
                }
            }
            let parsed = RuleParser().parse(file: "f", bytes: bytes + Array("\nalert tcp any any -> any any (sid:99;)".utf8))
            let isContinued = parsed.rules.contains { $0.sid == 99 } || bytes.contains(0x5c)
            #expect(isContinued && parsed.rules.count + parsed.diagnostics.filter { $0.severity == .error }.count >= 1)
        }
    }
}
