import AppLayer
import Detection
import Inspection
import RuleLanguage
import TestSupport
import Wire

/// Frames and the engine as a whole.
extension FuzzTarget {
    static let links: [LinkType] = [.rawIP, .ethernet, .linuxCooked, .linuxCooked2, .null, .ppp]

    /// A byte for link type, mode and checksums, then frames, each after its length in two bytes.
    static let packets = FuzzTarget("packets", seeds: Seeds.packets) { input in
        guard let first = input.first else { return }
        let link = links[Int(first & 7) % links.count]
        let verifies = first & 0x40 != 0
        let engine = EngineWitness(EngineRules.packets, mode: first & 0x80 != 0 ? .prevent : .detect)
        var rest = input.dropFirst()
        while rest.count >= 2 {
            let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            let frame = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            try check(PacketDecoder().decode(frame.span, link: link, checksums: .verify), frame.count)
            try engine.take(frame, link, verifiesChecksums: verifies)
        }
        try engine.finish()
    }

    /// No offset of a packet that was decoded leads outside the frame.
    private static func check(_ packet: DecodedPacket, _ count: Int) throws {
        guard packet.invalid == nil, packet.addressFamily != nil else { return }
        let end = packet.ipOffset + packet.ipLength
        try promise(packet.ipOffset >= 0 && packet.ipLength >= 20 && end <= count, "IP from \(packet.ipOffset), \(packet.ipLength) of \(count)")
        try promise(
            packet.transportOffset >= packet.ipOffset && packet.transportOffset <= end, "transport at \(packet.transportOffset) of \(end)")
        try promise(
            packet.payloadOffset >= packet.transportOffset && packet.payloadLength >= 0 && packet.payloadOffset + packet.payloadLength <= end,
            "payload from \(packet.payloadOffset), \(packet.payloadLength) of \(end)")
        guard let tunnel = packet.tunnel else { return }
        try promise(tunnel.offset >= 0 && tunnel.length >= 0 && tunnel.offset + tunnel.length <= count, "a tunnel outside the frame")
    }

    /// A connection whose bytes rules look into: cut into any segments, the same rules match.
    static let engine = FuzzTarget("engine", words: Words.recognition + [Talk.switchMark], seeds: Seeds.engine) { input in
        let talk = Talk(input)
        let ports = ProtocolPorts(client: 40_000, server: 80, dns: [53])
        guard !talk.hasGap, isRecognisedAtOnce(talk, AppLayerLimits(), ports) else { return }
        let (whole, cut) = (EngineWitness(EngineRules.streams), EngineWitness(EngineRules.streams))
        try whole.takeStream(talk, segmentSize: 1460)
        try cut.takeStream(talk, segmentSize: Int(1 + input.fingerprint % 4))
        // What follows a message in its last segment counts as more of its body.
        guard !whole.alerts.contains(100), !cut.alerts.contains(100) else { return }
        try promise(whole.alerts == cut.alerts, "rules that match: whole \(whole.alerts.sorted()), in pieces \(cut.alerts.sorted())")
    }
}

enum EngineRules {
    static let packets = compile(
        """
        drop udp any any -> any any (content:"evil"; sid:1;)
        reject tcp any any -> any any (content:"evil"; sid:2;)
        alert ip any any -> any any (ip.src; content:"|c6 12|"; startswith; sid:3;)
        alert tcp any any -> any any (flags:S; tcp.hdr; content:"|02|"; tcp.mss:<100; sid:4;)
        alert icmp any any -> any any (itype:>0; icmp_id:1; sid:5;)
        alert ip any any -> any any (fragbits:M; sid:6;)
        alert ip any any -> any any (ipopts:any; sid:7;)
        alert ip any any -> any any (decode-event:ipv4.opt_invalid; sid:8;)
        alert tcp any any -> any any (stream-event:pkt_bad_window_update; sid:9;)
        alert http any any -> any any (http.uri; content:"evil"; sid:10;)
        alert dns any any -> any any (dns.query; content:"example"; sid:11;)
        alert ip any any -> any any (ipv4.hdr; content:"|45|"; startswith; byte_test:2,>,40,2; sid:12;)
        alert ipv6 any any -> any any (ipv6.hdr; content:"|60|"; startswith; sid:13;)
        """)

    /// On buffers and the stream, never on single packets: what those hold depends on how the bytes are cut.
    static let streams = compile(
        """
        alert http any any -> any any (http.uri; content:"a"; sid:1;)
        alert http any any -> any any (http.uri; content:"%"; sid:2;)
        alert http any any -> any any (http.method; content:"GET"; http.host; content:"shop"; sid:3;)
        alert http any any -> any any (http.header; content:"x"; nocase; content:"a"; within:8; sid:4;)
        alert http any any -> any any (http.stat_code; content:"200"; sid:8;)
        alert http any any -> any any (http.cookie; content:"b"; sid:9;)
        alert http any any -> any any (http.header_names; content:"|0d 0a|X"; sid:10;)
        alert http any any -> any any (http.user_agent; content:"x"; bsize:1; sid:11;)
        alert http any any -> any any (http.uri; content:!"zz"; sid:12;)
        alert http any any -> any any (http.request_line; pcre:"/^GET \\/[a-z]/"; sid:13;)
        alert http any any -> any any (http.uri; urilen:>8; sid:14;)
        alert http any any -> any any (app-layer-event:http.request_body_unexpected; sid:100;)
        alert http2 any any -> any any (http2.header; content:"a"; sid:20;)
        alert dns any any -> any any (dns.query; content:"example"; sid:21;)
        alert tls any any -> any any (tls.sni; content:"shop"; sid:22;)
        alert tls any any -> any any (tls.cert_subject; content:"Rempart"; sid:23;)
        alert tls any any -> any any (ja3.hash; content:"a"; sid:24;)
        alert ssh any any -> any any (ssh.software; content:"Lib"; sid:25;)
        alert ftp any any -> any any (ftp.command; content:"RETR"; sid:26;)
        alert tcp-stream any any -> any any (content:"Host"; sid:30;)
        alert tcp-stream any any -> any any (content:"GET"; content:"HTTP"; distance:1; sid:31;)
        alert tcp-stream any any -> any any (flow:to_client; content:"200"; sid:32;)
        """)

    private static func compile(_ text: String) -> RuleSet {
        let parsed = RuleParser().parse(file: "engine.rules", bytes: Array(text.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules)
        let defects = (parsed.diagnostics + problems).filter { $0.severity == .error }
        precondition(defects.isEmpty, "\(defects)")
        return set
    }
}

extension Seeds {
    @Sendable static func engine() -> [[UInt8]] {
        http1() + http2().map { http2Preface + $0 } + tls() + ssh() + ftp().map { Talk.input("", "220 ready\r\n", "") + $0 } + dnsStreams()
    }

    private static func script(_ flags: UInt8, _ frames: [[UInt8]]) -> [UInt8] {
        [flags] + frames.flatMap { Bytes.vector($0, 2) }
    }

    @Sendable static func packets() -> [[UInt8]] {
        let web = PacketBuilder.web
        let ethernet: [UInt8] = [UInt8](repeating: 2, count: 12)
        let inner = web.udp(payload: Array("evil".utf8))
        func gre(_ etherType: Int, _ payload: [UInt8]) -> [UInt8] { web.ip([0, 0] + Bytes.number(etherType, 2) + payload, 47) }
        var talk = Conversation(client: web)
        talk.open()
        talk.send(Array("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .toServer)
        talk.close()
        var six = Conversation(client: .webOverIPv6)
        six.open()
        six.send(Array("evil".utf8), from: .toServer)
        let long = web.udp(payload: [UInt8](repeating: 0x61, count: 100))
        let longer = PacketBuilder.webOverIPv6.udp(payload: [UInt8](repeating: 0x61, count: 100))
        let vxlan = PacketBuilder.to(port: 4789).udp(payload: [8, 0, 0, 0, 0, 0, 1, 0] + ethernet + [8, 0] + inner)
        let geneve = PacketBuilder.to(port: 6081).udp(payload: [1, 0, 0x65, 0x58, 0, 0, 1, 0, 0xff, 0xff, 0, 0] + ethernet + [8, 0] + inner)
        let teredo = PacketBuilder.to(port: 3544).udp(payload: PacketBuilder.webOverIPv6.udp(payload: [1]))
        // Hop-by-hop, destination and routing headers before UDP.
        let extended: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0] + Array(longer[40...])
        let options = web.tcp(flags: .syn, sequence: 1, options: [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7])
        return [
            script(0xc0, talk.packets), script(0x40, talk.packets), script(0xc0, six.packets), script(0xc1, talk.packets.map { ethernet + [8, 0] + $0 }),
            script(0xc1, [ethernet + [0x81, 0, 0, 5, 8, 0] + inner, ethernet + [0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0] + inner]),
            script(0x42, [[0, 0, 0, 1, 0, 6] + [UInt8](repeating: 0, count: 8) + [8, 0] + inner]),
            script(0x43, [[8, 0] + [UInt8](repeating: 0, count: 18) + inner]), script(0x44, [[2, 0, 0, 0] + inner]), script(0x45, [[0xff, 3, 0, 0x21] + inner]),
            script(0xc0, web.fragments(of: long, bytes: 40)), script(0xc0, PacketBuilder.webOverIPv6.fragments(of: longer, bytes: 40)),
            script(0xc0, web.fragments(of: long, bytes: 40).reversed()), script(0xc0, [vxlan, geneve, teredo]),
            script(0xc0, [gre(0x0800, inner), gre(0x880b, [0, 0x21] + inner), gre(0x6558, ethernet + [8, 0] + inner), web.ip(web.ip(inner, 4), 4)]),
            script(0xc0, [web.icmp(type: 8, code: 0, rest: 0x0001_0001), web.icmp(type: 3, code: 1, payload: Array(inner.prefix(28)))]),
            script(0xc0, [PacketBuilder.webOverIPv6.icmp(type: 128, code: 0), PacketBuilder.webOverIPv6.ip(extended, 0), options]),
            script(0xc0, [PacketBuilder.to(port: 53).udp(payload: dnsQuery), PacketBuilder.to(port: 53).reversed.udp(payload: dnsAnswers[0])]),
        ]
    }
}
