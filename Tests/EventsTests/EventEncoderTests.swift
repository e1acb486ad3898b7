import Events
import Foundation
import TestSupport
import Testing
import Wire

struct EventEncoderTests {
    private func object(_ event: Event) throws -> [String: Any] {
        var encoder = EventEncoder()
        let line = encoder.line(event)
        #expect(line.last == 0x0a && !line.dropLast().contains(0x0a))
        return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    private var header: EventHeader {
        var header = EventHeader()
        header.time = Timestamp(nanoseconds: 1_700_000_000_123_456_789)
        header.flowID = 1 << 60
        header.source = IPAddress("198.18.0.2")
        header.sourcePort = 40_000
        header.destination = IPAddress("fd00::3")
        header.destinationPort = 80
        header.ipProtocol = 6
        return header
    }

    @Test func alert() throws {
        var alert = AlertRecord()
        alert.isBlocked = true
        alert.signatureID = 7
        alert.signature = "quotes \" and \\ and \u{1} and é"
        alert.verdict.action = .drop
        alert.metadata = [("policy", "drop"), ("policy", "balanced"), ("tag", "x")]
        let json = try object(Event(header: header, body: .alert(alert, appProtocol: "http")))
        #expect(json["timestamp"] as? String == "2023-11-14T22:13:20.123456+0000")
        #expect(json["event_type"] as? String == "alert" && json["app_proto"] as? String == "http")
        #expect(json["flow_id"] as? UInt64 == 1 << 60)
        #expect(json["src_ip"] as? String == "198.18.0.2" && json["src_port"] as? Int == 40_000)
        #expect(json["dest_ip"] as? String == "fd00:0000:0000:0000:0000:0000:0000:0003" && json["proto"] as? String == "TCP")
        let inner = try #require(json["alert"] as? [String: Any])
        #expect(inner["action"] as? String == "blocked" && inner["signature_id"] as? Int == 7)
        #expect(inner["signature"] as? String == alert.signature)
        #expect((inner["metadata"] as? [String: [String]])?["policy"] == ["drop", "balanced"])
        #expect((json["verdict"] as? [String: Any])?["action"] as? String == "drop")
    }

    @Test(arguments: [(1, 1, "EN10MB"), (101, 12, "RAW"), (228, 228, "IPv4"), (276, 276, "LINUX_SLL2")] as [(UInt32, Int, String)])
    func linkTypes(number: UInt32, written: Int, name: String) throws {
        var alert = AlertRecord()
        alert.payload.packet = [1, 2]
        alert.payload.linkType = number
        let info = try object(Event(header: header, body: .alert(alert, appProtocol: nil)))["packet_info"] as? [String: Any]
        #expect(info?["linktype"] as? Int == written && info?["linktype_name"] as? String == name)
    }

    @Test func drop() throws {
        var drop = DropRecord()
        drop.reason = "flow drop"
        drop.packet.length = 60
        drop.packet.tcp = PacketHeaderRecord.TCP()
        let json = try object(Event(header: header, body: .drop(drop)))
        let inner = try #require(json["drop"] as? [String: Any])
        #expect(inner["reason"] as? String == "flow drop" && inner["len"] as? Int == 60)
        #expect(json["alert"] == nil)
    }

    @Test func http() throws {
        var http = HTTPRecord()
        http.hostname = Array("shop".utf8)
        http.url = [0x2f, 0xff, 0x22, 0x0a]
        http.method = Array("GET".utf8)
        http.status = 200
        let json = try object(Event(header: header, body: .http(http)))
        let inner = try #require(json["http"] as? [String: Any])
        #expect(inner["hostname"] as? String == "shop" && inner["status"] as? Int == 200)
        #expect((inner["url"] as? String)?.hasPrefix("/") == true)
    }

    @Test func stats() throws {
        let event = StatsRecord.event([("ips.blocked", 3), ("ips.drop_reason.rules", 2), ("flow.tcp", 9)], time: header.time)
        let stats = try #require(try object(event)["stats"] as? [String: Any])
        let ips = try #require(stats["ips"] as? [String: Any])
        #expect(ips["blocked"] as? Int == 3 && (ips["drop_reason"] as? [String: Int])?["rules"] == 2)
        #expect((stats["flow"] as? [String: Int])?["tcp"] == 9)
    }

    /// Attackers choose hostnames, targets and messages: any bytes give one line of JSON.
    @Test func addressesInTheirShortForm() throws {
        var header = header
        header.compressesIPv6 = true
        let json = try object(Event(header: header, body: .alert(AlertRecord(), appProtocol: nil)))
        #expect(json["dest_ip"] as? String == "fd00::3" && json["src_ip"] as? String == "198.18.0.2")
    }

    @Test func protocolsHaveNames() throws {
        let names: [UInt8: String] = [
            0: "HOPOPT", 1: "ICMP", 2: "IGMP", 4: "IP-in-IP", 6: "TCP", 17: "UDP", 41: "IPv6", 47: "GRE", 58: "IPv6-ICMP",
            61: "061", 132: "SCTP", 142: "ROHC", 143: "143", 255: "255",
        ]
        for (number, name) in names {
            var header = header
            header.ipProtocol = number
            #expect(try object(Event(header: header, body: .alert(AlertRecord(), appProtocol: nil)))["proto"] as? String == name)
        }
    }

    @Test("Containers at both ends, and at one alone; what is not known is left out")
    func containers() throws {
        var header = header
        let web = ContainerRecord(
            id: "85bc", name: "web", runtime: "kubernetes", image: "r.example/web@sha256:77", digest: "sha256:77", project: nil,
            pod: "web-7d", namespace: "prod", sharing: ["sidecar"])
        header.containers.destination = web
        var json = try object(Event(header: header, body: .anomaly(AnomalyRecord(kind: .decode, event: "e"))))
        var ends = try #require(json["containers"] as? [String: [String: Any]])
        #expect(Set(ends.keys) == ["dest"])
        #expect(Set(ends["dest"]?.keys.map { $0 } ?? []) == ["id", "name", "runtime", "image", "digest", "pod", "namespace", "shares_network_with"])
        #expect(ends["dest"]?["pod"] as? String == "web-7d" && ends["dest"]?["shares_network_with"] as? [String] == ["sidecar"])
        header.containers.source = ContainerRecord(
            id: "1", name: "a\"b", runtime: "docker", image: "i", digest: nil, project: "shop", pod: nil, namespace: nil, sharing: [])
        json = try object(Event(header: header, body: .anomaly(AnomalyRecord(kind: .decode, event: "e"))))
        ends = try #require(json["containers"] as? [String: [String: Any]])
        #expect(ends["src"]?["name"] as? String == "a\"b" && ends["src"]?["project"] as? String == "shop" && ends["src"]?["pod"] == nil)
        #expect(try object(Event(header: self.header, body: .anomaly(AnomalyRecord(kind: .decode, event: "e"))))["containers"] == nil)
    }

    @Test func headersAndForwardedAddresses() throws {
        var http = HTTPRecord()
        http.responseHeaders = [(Array("Server".utf8), Array("s".utf8))]
        http.custom = [("accept_encoding", Array("gzip".utf8)), ("content_range", Array("bytes 0-0/1".utf8))]
        http.contentRange = (Array("bytes 0-0/1".utf8), 0, 0, 1)
        var header = header
        header.forwardedFor = IPAddress("198.18.7.7")
        let line = try object(Event(header: header, body: .http(http)))
        #expect(line["xff"] as? String == "198.18.7.7")
        let fields = try #require(line["http"] as? [String: Any])
        #expect(fields["response_headers"] as? [[String: String]] == [["name": "Server", "value": "s"]])
        #expect(fields["accept_encoding"] as? String == "gzip" && fields["content_range"] is [String: Any])
        #expect(fields["request_headers"] == nil)
    }

    @Test func anyBytesAreJSON() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<500 {
            var http = HTTPRecord()
            http.hostname = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
            http.url = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = try object(Event(header: header, body: .http(http)))
        }
    }

    @Test func theQueueDropsWhatNobodyTakes() {
        let queue = EventQueue(capacity: 10)
        let event = Event(header: header, body: .http(HTTPRecord()))
        queue.push(Array(repeating: event, count: 25))
        queue.push([event])
        let taken = queue.take()
        #expect(taken.events.count == 10 && !taken.isClosed && queue.lost == 16)
        queue.close()
        #expect(queue.take().isClosed)
    }
}
