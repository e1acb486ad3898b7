import Detection
import Foundation
import PacketIO
import Patches
import RuleLanguage
import Runtime
import TestSupport
import Wire

/// Files that an operator, or whoever may write his files, hands to the program.
extension FuzzTarget {
    static let fileTargets = [lists, configuration, patches]

    static let capture = FuzzTarget("capture", seeds: Seeds.captures) { input in
        let path = try WorkFolder.write("capture.pcap", input)
        do {
            let reader = try CaptureReader(path: path)
            var count = 0
            while let packet = try reader.next() {
                count += 1
                try promise(count <= input.count, "more packets than bytes")
                try promise(packet.originalLength >= reader.packetBytes.count, "a packet is longer than it was")
            }
        } catch let error as CaptureError {
            try promise(!error.description.isEmpty, "an error without words")
        }
    }

    /// The first byte says what the rest is: threshold.config, classification.config, reference.config, the
    /// reputation's two, or a dataset's or hash list's file.
    private static let lists = FuzzTarget("lists", words: Words.files, seeds: Seeds.lists) { input in
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch first % 16 {
        case 0:
            let file = ThresholdFile(file: "f", bytes: bytes, variables: RuleVariables())
            var options = CompilerOptions()
            options.thresholds = file
            let rule = RuleParser().parse(file: "r", bytes: Array("alert ip any any -> any any (sid:1;)".utf8))
            _ = RuleSet.compile(rule.rules, options: options)
        case 1: _ = Classifications(file: "f", bytes: bytes)
        case 2: _ = References(file: "f", bytes: bytes)
        case 3, 4:
            var reputation = Reputation()
            if first % 16 == 3 { reputation.readCategories(file: "f", bytes: bytes) }
            reputation.readScores(file: "f", bytes: bytes)
        default:
            let rule = Seeds.listRules[(Int(first % 16) - 5) % Seeds.listRules.count]
            var configuration = Configuration()
            _ = try WorkFolder.write("list", bytes)
            configuration.rulePaths = [try WorkFolder.write("list.rules", "alert http any any -> any any (\(rule); sid:1;)\n".utf8)]
            let result = try RuleLoader(configuration: configuration).load(previous: nil)
            try promise(result.loaded + result.failed == 1, "\(result.loaded) rules loaded, \(result.failed) failed")
        }
    }

    /// The first byte says whether the rest is ipsd.yaml, suricata.yaml or settings of a command line.
    private static let configuration = FuzzTarget("configuration", words: Words.files, seeds: Seeds.configurations) { input in
        guard let first = input.first else { return }
        let rest = input.dropFirst()
        var configuration = Configuration()
        do {
            switch first % 3 {
            case 0: try ConfigurationReader(file: try WorkFolder.write("ipsd.yaml", rest)).read(into: &configuration)
            case 1:
                var settings = try SuricataSettings(file: try WorkFolder.write("suricata.yaml", rest))
                try settings.apply(to: &configuration)
            default:
                let lines = String(decoding: rest, as: UTF8.self).split(separator: "\n").map(String.init)
                var settings = try SuricataSettings(assignments: lines)
                try settings.apply(to: &configuration)
            }
            _ = configuration.effectivePipeline
        } catch let error as ConfigurationError {
            try promise(!error.description.isEmpty, "an error without words")
        }
    }

    /// `patch.yaml`, and after a `Talk.switchMark` the hexadecimal file of an exploit.
    private static let patches = FuzzTarget("patches", words: Words.files + [Talk.switchMark], seeds: Seeds.patches) { input in
        let mark = input.firstRange(of: Talk.switchMark)
        let yaml = input[..<(mark?.lowerBound ?? input.count)]
        _ = try WorkFolder.write("p/patch.yaml", yaml)
        _ = try WorkFolder.write("p/patch.rules", [])
        _ = try WorkFolder.write("p/benign/b.http", [0x61])
        _ = try WorkFolder.write("p/exploit/e.hex", mark.map { input[$0.upperBound...] } ?? [0x36, 0x31])
        do {
            let package = try PatchReader().package("\(WorkFolder.path)/p")
            try promise(package.id == "p" && package.exploits.count == 1, "read as \(package)")
        } catch let error as PatchError {
            try promise(!error.message.isEmpty, "an error without words")
        }
    }
}

extension Seeds {
    static let listRules = [
        "dataset:isset,d,type string,load list", "dataset:isset,d,type md5,load list", "dataset:isset,d,type sha256,load list",
        "dataset:isset,d,type ipv4,load list", "dataset:isset,d,type ip,load list", "datarep:d, >, 1, load list, type string",
        "http.host; dataset:isset,d,type string,load list,format json,value_key a.b,array_key c,context_key k",
        "http.host; dataset:isset,d,type string,load list,format ndjson,value_key a,context_key k",
        "filemd5:list", "filesha1:list", "filesha256:list",
    ].enumerated().map { number, option in number < 6 ? "http.uri; \(option)" : option }

    @Sendable static func lists() -> [[UInt8]] {
        let texts = [
            "# c\nthreshold gen_id 1, sig_id 1, type limit, track by_src, count 1, seconds 60\nrate_filter gen_id 1, sig_id 1, track by_src, count 2, "
                + "seconds 60, new_action drop, timeout 30\nsuppress gen_id 0, sig_id 0, track by_either, ip [198.18.0.0/15,!198.18.0.1]\n",
            "config classification: attempted-admin,Attempted Administrator,1\n", "config reference: cve https://example.org/?id=\n",
            "1,bad,Bad hosts\n", "198.18.0.1,1,20\nfd00::/8,1,3\n", "YWJj\nZGVm,3\n", "d41d8cd98f00b204e9800998ecf8427e\n",
            String(repeating: "ab", count: 32) + "\n", "198.18.0.1\n", "fd00::1\n::ffff:198.18.0.1\n", "YWJj,3\n", "{\"c\":[{\"a\":{\"b\":\"v\"}}]}",
            "{\"a\":\"v\"}\n{\"a\":\"w\",\"n\":1e5}\n", "d41d8cd98f00b204e9800998ecf8427e  name\n", String(repeating: "ab", count: 20) + "\n",
            String(repeating: "ab", count: 32) + "\n",
        ]
        return texts.enumerated().map { [UInt8($0.offset)] + Array($0.element.utf8) }
    }

    @Sendable static func configurations() -> [[UInt8]] {
        let own = "mode: prevent\nqueues: 0-1\nrules: /etc/rempart/rules\neve: /var/log/e.json\nvars:\n  address-groups:\n    HOME_NET: \"[198.18.0.0/15]\"\n"
        let suricata = "stream:\n  midstream: true\n  reassembly:\n    depth: 1mb\n    memcap: 64mb\ndefrag:\n  memcap: 1gb\naction-order:\n  - pass\n  - drop\n"
        return [[0] + Array(own.utf8), [1] + Array(suricata.utf8), [2] + Array("stream.midstream=true\nstream.reassembly.depth=0\nvlan.use-for-tracking=no".utf8)]
    }

    @Sendable static func patches() -> [[UInt8]] {
        let yaml = files("rules", "patch.yaml").map { bytes in
            Array(String(decoding: bytes, as: UTF8.self).replacing(#/(?m)^id: .*$/#, with: "id: p").utf8)
        }
        return yaml.prefix(4).map { $0 + Talk.switchMark + Array("47 45 54 # GET\n20\n".utf8) } + yaml.suffix(2)
    }

    @Sendable static func captures() -> [[UInt8]] {
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("hello".utf8), from: .toServer)
        func little(_ value: Int, _ width: Int = 4) -> [UInt8] { Bytes.number(value, width).reversed() }
        let head = little(0xa1b2_c3d4) + little(2, 2) + little(4, 2) + [UInt8](repeating: 0, count: 8) + little(65_535) + little(101)
        let classic = head + talk.packets.flatMap { little(1) + little(2) + little($0.count) + little($0.count) + $0 }
        func block(_ type: Int, _ body: [UInt8]) -> [UInt8] {
            let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
            return little(type) + little(padded.count + 12) + padded + little(padded.count + 12)
        }
        let section = block(0x0a0d_0d0a, little(0x1a2b_3c4d) + little(1, 2) + little(0, 2) + [UInt8](repeating: 0xff, count: 8))
        let interface = block(1, little(101, 2) + little(0, 2) + little(0) + little(9, 2) + little(1, 2) + [9, 0, 0, 0] + little(0))
        let next = talk.packets.flatMap { block(6, little(0) + little(1) + little(2) + little($0.count) + little($0.count) + $0) }
        let simple = block(3, little(talk.packets[0].count) + talk.packets[0])
        return [classic, section + interface + next + simple, section + interface + section + interface + simple]
    }
}
