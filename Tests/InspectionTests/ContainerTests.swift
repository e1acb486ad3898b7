import Events
import Inspection
import TestSupport
import Testing
import Wire

/// The ends of flows and events by bridge port and address.
@Suite struct ContainerTests {
    private static let (webPort, clientPort, strangerPort, bridge): (UInt32, UInt32, UInt32, UInt32) = (11, 12, 13, 3)
    private static let (web, client, stranger): (UInt32, UInt32, UInt32) = (101, 102, 103)
    private static let rule = #"drop tcp any any -> any any (msg:"x"; content:"evil"; sid:1;)"#

    private static func map(_ generation: UInt32 = 1, web: UInt32 = web) -> ContainerMap {
        let builder = PacketBuilder.web
        return ContainerMap(
            generation: generation,
            ports: [
                webPort: ContainerNumber(rawValue: web), clientPort: ContainerNumber(rawValue: client),
                strangerPort: ContainerNumber(rawValue: stranger),
            ],
            places: [
                .init(interface: bridge, address: builder.destination): ContainerNumber(rawValue: web),
                .init(interface: bridge, address: builder.source): ContainerNumber(rawValue: client),
            ])
    }

    private static func header(_ lab: Lab, _ name: String) -> EventHeader? { lab.events.first { $0.body.name == name }?.header }

    private static func ends(_ header: EventHeader?) -> [UInt32] {
        header.map { [$0.sourceContainer, $0.destinationContainer] } ?? []
    }

    private static func lab(_ map: ContainerMap = map()) -> Lab {
        let lab = Lab(rule)
        lab.pipeline.adopt(map)
        return lab
    }

    /// Sends the conversation's packets between two ports, each in its direction.
    private static func send(_ talk: Conversation, _ lab: Lab, client: UInt32, server: UInt32) {
        for packet in talk.packets {
            let isToServer = Array(packet[12..<16]) == Array(talk.packets[0][12..<16])
            lab.send(packet, from: isToServer ? client : server, to: isToServer ? server : client)
        }
    }

    @Test("Alert, drop and flow name both ends of traffic on one bridge")
    func sameBridge() {
        let lab = Self.lab()
        Self.send(.web("GET /evil HTTP/1.1\r\n\r\n"), lab, client: Self.clientPort, server: Self.webPort)
        lab.finish()
        for name in ["alert", "drop", "flow"] {
            #expect(Self.ends(Self.header(lab, name)) == [Self.client, Self.web], "\(name)")
        }
    }

    @Test("Records of transactions name the ends, answers the other way round")
    func transactions() {
        let lab = Self.lab()
        var talk = Conversation.web("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        Self.send(talk, lab, client: Self.clientPort, server: Self.webPort)
        #expect(Self.ends(Self.header(lab, "http")) == [Self.client, Self.web])
        #expect(Self.ends(Self.header(lab, "fileinfo")) == [Self.web, Self.client])
    }

    @Test("A packet that is routed to a container is named by its address behind the bridge alone")
    func routed() {
        let lab = Self.lab()
        // From outside: the card has index 2.
        Self.send(.web("GET /evil HTTP/1.1\r\n\r\n"), lab, client: 2, server: Self.bridge)
        #expect(Self.ends(Self.header(lab, "drop")) == [0, Self.web])
        let outward = Self.lab()
        // The same address by the card is somebody else.
        Self.send(.web("GET /evil HTTP/1.1\r\n\r\n"), outward, client: Self.clientPort, server: 2)
        #expect(Self.ends(Self.header(outward, "drop")) == [Self.client, 0])
    }

    @Test("Who sends with a neighbour's address is named by its port, in a flow of its own and in the neighbour's")
    func spoofed() {
        let lab = Self.lab()
        Self.send(.web("GET /evil HTTP/1.1\r\n\r\n"), lab, client: Self.strangerPort, server: Self.webPort)
        #expect(Self.ends(Self.header(lab, "drop")) == [Self.stranger, Self.web])

        let other = Self.lab()
        var talk = Conversation(client: .web)
        talk.open()
        Self.send(talk, other, client: Self.clientPort, server: Self.webPort)
        let injected = talk.segments(of: Array("evil".utf8), from: .toServer)
        other.send(injected[0], from: Self.strangerPort, to: Self.webPort)
        #expect(Self.ends(Self.header(other, "drop")) == [Self.stranger, Self.web])
        other.finish()
        #expect(Self.ends(Self.header(other, "flow")) == [Self.client, Self.web])
    }

    @Test("A port that no container has is nobody's, whatever its address")
    func unknownPort() {
        let lab = Self.lab()
        Self.send(.web("GET /evil HTTP/1.1\r\n\r\n"), lab, client: 99, server: Self.webPort)
        #expect(Self.ends(Self.header(lab, "drop")) == [0, Self.web])
    }

    @Test("A flow that began before its container was known is named with the next map; one whose container went keeps it")
    func lateAndGone() {
        let lab = Lab(Self.rule)
        var talk = Conversation(client: .web)
        talk.open()
        Self.send(talk, lab, client: Self.clientPort, server: Self.webPort)
        #expect(lab.pipeline.flowSummaries(limit: 1).first?.serverContainer == ContainerNumber.none)
        lab.pipeline.adopt(Self.map())
        let more = talk.segments(of: Array("harmless".utf8), from: .toServer)
        lab.send(more[0], from: Self.clientPort, to: Self.webPort)
        #expect(lab.pipeline.flowSummaries(limit: 1).first?.serverContainer.rawValue == Self.web)
        lab.pipeline.adopt(ContainerMap(generation: 2, ports: [:], places: [:]))
        let last = talk.segments(of: Array("bye".utf8), from: .toServer)
        lab.send(last[0], from: Self.clientPort, to: Self.webPort)
        lab.finish()
        #expect(Self.ends(Self.header(lab, "flow")) == [Self.client, Self.web])
    }

    @Test("Another container in a container's place is the flow's end from its next packet on")
    func replaced() {
        let lab = Self.lab()
        var talk = Conversation(client: .web)
        talk.open()
        Self.send(talk, lab, client: Self.clientPort, server: Self.webPort)
        lab.pipeline.adopt(Self.map(2, web: 777))
        let more = talk.segments(of: Array("harmless".utf8), from: .toServer)
        lab.send(more[0], from: Self.clientPort, to: Self.webPort)
        #expect(lab.pipeline.flowSummaries(limit: 1).first?.serverContainer.rawValue == 777)
    }

    @Test("Without a map nothing is named")
    func noMap() {
        let lab = Lab(Self.rule)
        Self.send(.web("GET /evil HTTP/1.1\r\n\r\n"), lab, client: Self.clientPort, server: Self.webPort)
        lab.finish()
        #expect(lab.events.allSatisfy { Self.ends($0.header) == [0, 0] })
        #expect(lab.events.count > 2)
    }
}
