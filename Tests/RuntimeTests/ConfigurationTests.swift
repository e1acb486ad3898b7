import Containers
import Detection
import Events
import Flow
import Inspection
import Patches
import Runtime
import TestSupport
import Testing
import Traffic
import Wire

struct ConfigurationTests {
    private func read(_ text: String) throws -> Configuration {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        try ConfigurationReader(file: try folder.write("ipsd.yaml", text)).read(into: &configuration)
        return configuration
    }

    @Test func promotion() throws {
        #expect(try read("retire: off").steward.lines == .none && read("mode: detect").steward.retirement == .report)
        let c = try read(
            """
            promotion: {lines: all, clean-transactions: 500, max-match-share: 0.5%, max-server-error-rise: 3%, max-reset-rise: 4%,
              max-cost-microseconds: 20, max-steps-back: 2, state: /tmp/promotion.json}
            retire: auto
            retire-after-seconds: 30
            """)
        var thresholds = c.steward.thresholds
        #expect(c.steward.lines == .all && c.steward.retirement == .auto && c.steward.retireAfterSeconds == 30)
        #expect(thresholds.cleanTransactions == 500 && thresholds.matchShare == 50 && thresholds.serverErrorRise == 300)
        #expect(thresholds.resetRise == 400 && thresholds.costNanoseconds == 20_000 && thresholds.stepsBack == 2)
        thresholds = Configuration().steward.thresholds
        #expect(thresholds.cleanTransactions == 10_000 && c.promotionStatePath == "/tmp/promotion.json")
        // Counted only where it is wanted.
        #expect(c.effectivePipeline.talliesPatches && !Configuration().effectivePipeline.talliesPatches)
    }

    @Test(arguments: [
        ("promotion: {max-match-share: 2}", "ipsd.yaml:1:30: expected a share such as 2%"), ("promotion: {lines: some}", "expected none or recommended or all"),
        ("retire: now", "expected off or report or auto"), ("promotion: {clean: 1}", "unknown key promotion.clean"),
    ])
    func brokenPromotion(text: String, says: String) { #expect { _ = try read(text) } throws: { "\($0)".contains(says) } }

    @Test func containers() throws {
        #expect(try read("mode: detect").containers == ContainerSettings())
        #expect(try read("containers: {runtimes: auto}").containers.kinds == [.docker, .podman, .containerd])
        #expect(try read("containers: {runtimes: off}").containers.kinds.isEmpty)
        let c = try read(
            """
            containers:
              runtimes: [podman, containerd]
              docker-sockets: /a.sock
              podman-sockets: [/b.sock, /c.sock]
              containerd-folders: []
              records: off
            """)
        #expect(c.containers.kinds == [.podman, .containerd] && !c.recordsContainers)
        #expect(c.containers.dockerSockets == ["/a.sock"] && c.containers.podmanSockets == ["/b.sock", "/c.sock"])
        #expect(c.containers.containerdFolders.isEmpty)
        for (text, words) in [
            ("containers: {runtimes: rkt}", "expected auto, off, or some of docker, podman, containerd; found rkt"),
            ("containers: {docker-sockets: a.sock}", "expected absolute paths; found a.sock"),
            ("containers: {sockets: /a}", "unknown key containers.sockets"),
        ] {
            #expect("\(words)") { _ = try read(text) } throws: { "\($0)".contains(":1:") && "\($0)".contains(words) }
        }
    }


    /// What goes on to the receiver of a byte's second copy, and of a mark of urgent data, as `stream` says.
    @Test(arguments: ["rewrite", "drop"])
    func overlaps(policy: String) throws {
        let outcome = try sent([(0, "ab", 0), (1, "XYZ", 0)], "stream: {overlap: \(policy)}")
        #expect(outcome.stream == (policy == "drop" ? "ab" : "abYZ"))
        #expect(outcome.drops == (policy == "drop" ? ["stream error"] : []))
        #expect(try sent([(0, "ab", 0), (1, "XYZ", 0)], "mode: prevent").stream == "abYZ")
    }

    @Test(arguments: ["oob", "inline", "clear", "drop"])
    func urgentData(policy: String) throws {
        let outcome = try sent([(0, "abc", 2), (3, "d", 0)], "stream: {urgent: \(policy)}")
        #expect(outcome.stream == (policy == "drop" ? "" : "abcd"))
        #expect(outcome.drops == (policy == "drop" ? ["stream urgent"] : []))
        #expect(outcome.marks == (policy == "oob" || policy == "inline" ? 1 : 0))
        // Left out of what rules see, or not; where it is dropped nothing of the segment is seen.
        #expect(outcome.inspected == ["oob": "acd", "inline": "abcd", "clear": "abcd", "drop": ""][policy])
    }

    @Test func streamPoliciesThatThereAreNot() {
        for text in ["overlap: last", "urgent: out-of-band", "urgent: yes", "overlap: [drop]"] {
            #expect(throws: ConfigurationError.self) { try read("stream: {\(text)}") }
        }
    }

    private struct Sent {
        var stream = ""
        var inspected = ""
        var marks = 0
        var drops: [String] = []
    }

    /// Sends a client's segments (place, bytes, urgent pointer) through an engine with the configuration.
    private func sent(_ segments: [(UInt32, String, UInt16)], _ text: String) throws -> Sent {
        var configuration = try read(text).pipeline
        configuration.mode = .prevent
        let pipeline = Pipeline(configuration: configuration, ruleSet: RuleSet.compile([]).0)
        var talk = Conversation(client: .web)
        talk.open()
        var sent = Sent()
        var bytes: [UInt32: UInt8] = [:]
        let inspected = Inspected()
        pipeline.streamWitness = { chunk, _, direction in
            if direction == .toServer { inspected.bytes += [UInt8](copying: chunk) }
        }
        for packet in talk.packets + segments.map({ place, text, pointer in
            PacketBuilder.web.tcp(
                flags: pointer > 0 ? [.ack, .urg] : .ack, sequence: 1001 + place, acknowledgment: 5001, urgentPointer: pointer,
                payload: Array(text.utf8))
        }) {
            let verdict = pipeline.process(
                packet.span, metadata: PacketMetadata(time: Timestamp(nanoseconds: 0), link: .rawIP, verifiesChecksums: true))
            sent.drops += pipeline.takeEvents().compactMap { if case .drop(let drop) = $0.body { drop.reason } else { nil } }
            guard verdict == .accept || verdict == .rewrite else { continue }
            let left = verdict == .rewrite ? pipeline.rewrittenPacket : packet
            let decoded = DecodedPacket(raw: left)
            if decoded.tcp.flags.contains(.urg) { sent.marks += 1 }
            guard decoded.sourcePort != 80 else { continue }
            for (index, byte) in left[decoded.payloadOffset...].enumerated() {
                let place = decoded.tcp.sequence.rawValue + UInt32(index) - 1001
                if bytes[place] == nil { bytes[place] = byte }
            }
        }
        while let byte = bytes[UInt32(sent.stream.utf8.count)] { sent.stream.unicodeScalars.append(Unicode.Scalar(byte)) }
        sent.inspected = String(decoding: inspected.bytes, as: UTF8.self)
        return sent
    }

    private final class Inspected { var bytes: [UInt8] = [] }

    @Test func everyKey() throws {
        let c = try read(
            """
            mode: detect
            queues: 2-5
            queue: {length: 4096, receive-buffer: 8 MiB, fail-open: no}
            rules: [a.rules, b]
            patches: rules
            vars:
              address-groups: {HOME_NET: "[10.0.0.0/8]"}
              port-groups: {HTTP_PORTS: "8080"}
            control: /tmp/s
            eve: /tmp/eve.json
            stats-interval-seconds: 5
            log-level: debug
            action-order: [pass, alert, drop, reject]
            stream: {midstream: false, depth: 1mb}
            flow: {memcap: 64mb}
            latency: {rule: {suspend: all, max-microseconds: 250, suspend-threshold: 9, window-seconds: 3, suspend-seconds: 7, sample: 64}}
            tunnels: {vxlan-ports: [4789, 8472], geneve-ports: [], teredo-ports: any}
            exception-policies: {flow-memcap: ignore}
            host-os-policy: {linux: [10.0.0.0/8], vista: 10.0.0.1}
            detect: {guess-applayer-tx: yes}
            xff: {enabled: yes, mode: overwrite, deployment: forward, header: X-Real-IP}
            http-records: {dump-all-headers: request, custom: [Accept-Encoding, server]}
            """)
        #expect(c.mode == .detect && c.queues == 2...5 && c.queueLength == 4096 && c.receiveBufferBytes == 8 << 20)
        #expect(!c.failsOpen && c.rulePaths == ["a.rules", "b"] && c.patchesPath == "rules")
        #expect(c.addressGroups.map(\.value) == ["[10.0.0.0/8]"] && c.portGroups.map(\.name) == ["HTTP_PORTS"])
        #expect(c.statsIntervalSeconds == 5 && c.pipeline.streamDepth == 1 << 20 && !c.pipeline.tcp.acceptsMidstream)
        #expect(c.effectivePipeline.exceptions[.flowMemcap] == .ignore)
        let latency = c.effectivePipeline.latency
        #expect(latency.scope == .all && latency.limitNanoseconds == 250_000 && latency.threshold == 9)
        #expect(latency.windowSeconds == 3 && latency.suspensionSeconds == 7 && latency.sampleInterval == 64)
        let hosts = c.effectivePipeline.tcp.hosts
        #expect(hosts.policy(of: try #require(IPAddress("10.2.2.2"))) == .linux && hosts.standard == .first)
        #expect(hosts.policy(of: try #require(IPAddress("10.0.0.1"))) == .vista && c.effectivePipeline.guessesTransactions)
        let forwardedFor = try #require(c.effectivePipeline.forwardedFor)
        #expect(forwardedFor.mode == .overwrite && forwardedFor.deployment == .forward && forwardedFor.header == "X-Real-IP")
        let records = c.effectivePipeline.httpRecords
        #expect(records.dumpsRequestHeaders && !records.dumpsResponseHeaders)
        #expect(records.custom.map(\.member) == ["accept_encoding", "server"])
        let tunnels = c.pipeline.tunnels
        #expect(tunnels.vxlan == [8472, 4789] || tunnels.vxlan == [4789, 8472])
        #expect(tunnels.geneve == [] && tunnels.teredo == nil)
        #expect(try read("").mode == .prevent)
        #expect(try read("xff: {mode: overwrite}").effectivePipeline.forwardedFor == nil)
    }

    @Test(arguments: [
        ("mode: maybe", 1, "prevent or detect"), ("rules: a\nqueue:\n  lenght: 5", 3, "queue.lenght"),
        ("queues: 5-2", 1, "queue number"), ("queue: {length: -1}", 1, "whole number"), ("queue: 5", 1, "mapping"),
        ("flow: {memcap: lots}", 1, "size"), ("a: [", 1, ""), ("stats-interval-seconds: 0", 1, "1 to 86400"),
        ("exception-policies: {flow-memcap: explode}", 1, "drop-flow"),
        ("mode: detect\nlog-level: loud", 2, "warning"), ("pcre: {limit-policy: maybe}", 1, "no-match"),
        ("host-os-policy: {linux: [10.0.0.0/40]}", 1, "10.0.0.0/40"), ("host-os-policy: {beos: []}", 1, "windows2k3"),
        ("xff: {mode: replace}", 1, "extra-data or overwrite"), ("xff: {deployment: none}", 1, "reverse or forward"),
        ("http-records: {custom: [X-Odd]}", 1, "X-Odd"), ("http-records: {dump-all-headers: some}", 1, "both"),
        ("latency: {rule: {sample: 20}}", 1, "power of two"), ("latency: {rule: {suspend: some}}", 1, "alerts"),
        ("latency: {rule: {max-microseconds: 0}}", 1, "whole number"), ("latency: {packet: 1}", 1, "latency.packet"),
        ("tunnels: {vxlan-ports: any}", 1, "up to 4 ports"), ("tunnels: {teredo-ports: [1, 2, 3, 4, 5]}", 1, "up to 4 ports"),
    ])
    func mistakesAreNamed(text: String, line: Int, says: String) throws {
        do {
            _ = try read(text)
            Issue.record("'\(text)' was taken")
        } catch let error as ConfigurationError {
            #expect(error.file.hasSuffix("ipsd.yaml") && error.message.contains(says), "\(error)")
            #expect((error.line ?? line) >= line)
        }
    }

    @Test func aMissingFileIsNamed() {
        var configuration = Configuration()
        #expect(throws: ConfigurationError.self) {
            try ConfigurationReader(file: "/nonexistent/ipsd.yaml").read(into: &configuration)
        }
    }

    @Test func suricataSettings() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "suricata.yaml",
            """
            %YAML 1.1
            ---
            vars:
              address-groups:
                EXTERNAL_NET: "!$HOME_NET"
                HOME_NET: "[10.0.0.0/8]"
            stream: {midstream: true, memcap-policy: ignore}
            packet-alert-max: 30
            flow-timeouts: {tcp: {new: 7, emergency-closed: 2, bypassed: 9}, default: {established: 70}}
            host-os-policy: {windows: [0.0.0.0/0], old-linux: [10.0.0.0/8, "::1"], bsd: []}
            outputs: [x]
            """)
        var settings = try SuricataSettings(file: file)
        var configuration = Configuration()
        try settings.apply(to: &configuration)
        #expect(configuration.pipeline.tcp.acceptsMidstream && configuration.pipeline.packetAlertMax == 30)
        #expect(configuration.exceptionPolicies[.streamMemcap] == .ignore)
        #expect(settings.unknownKeys == ["flow-timeouts.tcp.bypassed", "outputs"])
        let timeouts = configuration.pipeline.flow
        // Suricata's own where the file says nothing.
        #expect(timeouts.tcp == FlowTimeouts(new: 7, established: 300, closed: 10))
        #expect(timeouts.emergencyTCP == FlowTimeouts(new: 10, established: 100, closed: 2))
        #expect(timeouts.other.establishedSeconds == 70)
        let hosts = configuration.pipeline.tcp.hosts
        #expect(hosts.policy(of: try #require(IPAddress("10.0.0.1"))) == .oldLinux && hosts.standard == .bsd)
        #expect(hosts.policy(of: try #require(IPAddress("192.0.2.1"))) == .windows)
        #expect(throws: Never.self) { try RuleLoader(configuration: configuration).load(previous: nil) }
        #expect(throws: ConfigurationError.self) { _ = try SuricataSettings(assignments: ["novalue"]) }
    }

    @Test func outputsOfSuricata() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "suricata.yaml",
            """
            outputs:
              - fast: {enabled: yes}
              - eve-log:
                  xff: {enabled: yes, mode: extra-data, deployment: reverse, header: X-Client}
                  types:
                    - alert
                    - http: {custom: [Accept-Encoding, accept-language], dump-all-headers: both}
            """)
        var settings = try SuricataSettings(file: file)
        var configuration = Configuration()
        try settings.apply(to: &configuration)
        #expect(configuration.effectivePipeline.forwardedFor?.header == "X-Client")
        #expect(configuration.pipeline.httpRecords.custom.map(\.member) == ["accept_encoding", "accept_language"])
        #expect(configuration.pipeline.httpRecords.dumpsResponseHeaders)
        settings = try SuricataSettings(assignments: [
            "outputs.1.eve-log.xff.mode=overwrite", "outputs.1.eve-log.types.2.http.custom=[Accept-Encoding,X-Odd]",
        ])
        try settings.apply(to: &configuration)
        #expect(configuration.effectivePipeline.forwardedFor?.mode == .overwrite)
        #expect(settings.unknownKeys == ["outputs.eve-log.types.http.custom"])
    }

    @Test func recordsOfASuricataFile() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "suricata.yaml",
            """
            outputs:
              - eve-log:
                  types:
                    - alert: {payload-length: yes, packet: no}
                    - http
                    - tls: {custom: [sni, JA4], extended: yes}
                    - smtp: {extended: yes, custom: [date], md5: [subject]}
                    - drop: {alerts: yes}
                    - anomaly: {types: {decode: yes, stream: yes, applayer: no}}
                    - stream: {all: no, event-set: yes}
            """)
        let flat = try folder.write(
            "flat.json", #"{"config": "\#(file)", "args": ["--set", "outputs.1.eve-log.types.4.drop.flows=all"]}"#)
        func read(_ path: String) throws -> PipelineConfiguration {
            var settings = try SuricataSettings(file: path)
            var configuration = Configuration()
            try settings.apply(to: &configuration)
            #expect(settings.unknownKeys.allSatisfy { !$0.hasPrefix("outputs.") })
            return configuration.pipeline
        }
        let pipeline = try read(file)
        #expect(pipeline.alertsCarryPayloadLength && !pipeline.alertsCarryPacket && !pipeline.httpRecords.isExtended)
        let records = pipeline.records
        #expect(records.tls == [.serverName, .ja4] && records.mail.members == MailRecordSettings.extended.union(["date"]))
        #expect(records.mail.digestsSubjects && records.drops == .start && records.segments == .withEvents)
        #expect(records.anomalies == [.decode, .stream, .detect])
        let other = try read(flat).records
        #expect(other.tls == records.tls && other.drops == .all)
        let none = try read(try folder.write("none.yaml", "outputs:\n  - eve-log:\n      types: [alert, tls]\n"))
        #expect(none.records.tls == .basic && none.httpRecords.isExtended && none.records.anomalies == [.applayer, .detect])
    }

    @Test func portsOfTunnels() throws {
        func tunnels(_ assignments: [String]) throws -> TunnelPorts {
            var settings = try SuricataSettings(assignments: assignments)
            var configuration = Configuration()
            try settings.apply(to: &configuration)
            #expect(settings.unknownKeys.isEmpty)
            return configuration.pipeline.tunnels
        }
        #expect(try tunnels([]).teredo == [3544])
        let set = try tunnels(["decoder.vxlan.ports=[8472, 4789]", "decoder.geneve.enabled=no", "decoder.teredo.ports=any"])
        #expect(set.vxlan == [8472, 4789] && set.geneve == [] && set.teredo == nil)
        let groups = try tunnels(["vars.port-groups.TEREDO_PORTS=3545", "decoder.vxlan.ports=$MINE", "vars.port-groups.MINE=1"])
        #expect(groups.teredo == [3545] && groups.vxlan == [1] && groups.geneve == [6081])
        #expect(try tunnels(["decoder.vxlan.reserved-bits-check=strict"]).checksReservedVXLANBits)
        for bad in ["decoder.vxlan.ports=[1,2,3,4,5]", "decoder.geneve.ports=x", "decoder.vxlan.reserved-bits-check=maybe"] {
            #expect(throws: ConfigurationError.self) { try tunnels([bad]) }
        }
    }

    @Test(arguments: [("ipv6-compress: yes", true), ("ipv6-compress: no", false), ("enabled: yes", false)])
    func addressesInRecordsAsTheFileAsks(line: String, isShort: Bool) throws {
        let folder = try TemporaryFolder()
        var settings = try SuricataSettings(
            file: try folder.write("suricata.yaml", "outputs:\n  - fast:\n      enabled: no\n  - eve-log:\n      \(line)\n"))
        var configuration = Configuration()
        try settings.apply(to: &configuration)
        #expect(configuration.pipeline.compressesIPv6 == isShort)
    }

    @Test func elementsOfAListMayBeSetOneByOne() throws {
        var settings = try SuricataSettings(
            assignments: ["action-order.1=pass", "action-order.0=drop", "action-order.3=alert", "action-order.2=reject"])
        var configuration = Configuration()
        try settings.apply(to: &configuration)
        #expect(configuration.actionOrder == ["drop", "pass", "reject", "alert"])
        #expect(settings.unknownKeys.isEmpty)
    }

    @Test(arguments: [
        ("version: 2", 2, true, true, nil), ("requests: no", 3, false, true, nil), ("answer: no", 3, true, false, nil),
        ("types: [a, mx]", 3, true, true, Set(["A", "MX"])), ("enabled: yes", 3, true, true, nil),
    ] as [(String, Int, Bool, Bool, Set<String>?)])
    func dnsRecordsOfASuricataFile(line: String, version: Int, requests: Bool, responses: Bool, types: Set<String>?) throws {
        let folder = try TemporaryFolder()
        let yaml = "outputs:\n  - fast:\n      enabled: no\n  - eve-log:\n      types:\n        - alert\n        - dns:\n            \(line)\n"
        let file = try folder.write("suricata.yaml", yaml)
        let flat = try folder.write("flat.json", "{\"ips\": true, \"config\": \"\(file)\"}")
        for path in [file, flat] {
            var configuration = Configuration()
            var settings = try SuricataSettings(file: path)
            try settings.apply(to: &configuration)
            let records = configuration.pipeline.dnsRecords
            #expect(records.version == version && records.logsRequests == requests && records.logsResponses == responses && records.types == types)
        }
    }
}
