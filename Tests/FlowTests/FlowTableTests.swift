import Flow
import TestSupport
import Testing
import Wire

struct FlowTableTests {
    private func at(_ seconds: Int) -> Timestamp { Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000) }

    private func table(memcap: Int = 1 << 20) -> FlowTable {
        var configuration = FlowTableConfiguration()
        configuration.memcapBytes = memcap
        return FlowTable(configuration: configuration)
    }

    @Test func bothDirectionsAreOneFlow() throws {
        var table = table()
        let client = PacketBuilder.web
        let syn = DecodedPacket(raw: client.tcp(flags: .syn, sequence: 1))
        let answer = DecodedPacket(raw: client.reversed.tcp(flags: [.syn, .ack], sequence: 1, acknowledgment: 2))
        guard case .created(let index) = table.flow(for: syn, bytes: 40, now: at(0)) else {
            Issue.record("no flow was made")
            return
        }
        guard case .found(let same, let direction) = table.flow(for: answer, bytes: 44, now: at(1)) else {
            Issue.record("the answer has another flow")
            return
        }
        let count = table.count
        #expect(same == index && direction == .toClient && count == 1)
        let record = table[index]
        #expect(record.client == client.source && record.serverPort == 80)
        #expect(record.packets == (1, 1) && record.bytes == (40, 44))
        #expect(record.firstSeen == at(0) && record.lastSeen == at(1))
        let found = table.find(
            source: client.destination, sourcePort: 80, destination: client.source, destinationPort: 40_000, ipProtocol: 6)
        #expect(found?.index == index && found?.direction == .toClient)
    }

    @Test func aSYNACKSeenFirstComesFromTheServer() {
        var table = table()
        let answer = DecodedPacket(raw: PacketBuilder.web.reversed.tcp(flags: [.syn, .ack], sequence: 1, acknowledgment: 2))
        guard case .created(let index) = table.flow(for: answer, bytes: 40, now: at(0)) else {
            Issue.record("no flow was made")
            return
        }
        let record = table[index]
        #expect(record.client == PacketBuilder.web.source)
        #expect(record.direction(of: answer) == .toClient)
    }

    @Test func idleFlowsExpireInOrder() {
        var table = table()
        for port in UInt16(1)...5 {
            _ = table.flow(for: DecodedPacket(raw: PacketBuilder.to(port: port).udp(payload: [1])), bytes: 30, now: at(Int(port)))
        }
        let early = table.nextExpired(now: at(30))
        #expect(early == nil)
        var expired: [UInt16] = []
        while let index = table.nextExpired(now: at(33)) { expired.append(table[index].serverPort) }
        #expect(expired == [1, 2, 3])
        _ = table.flow(for: DecodedPacket(raw: PacketBuilder.to(port: 9).udp(payload: [1])), bytes: 30, now: at(33))
        let count = table.count
        #expect(count == 3)
    }

    @Test func aPacketKeepsItsFlowAlive() {
        var table = table()
        let packet = DecodedPacket(raw: PacketBuilder.to(port: 53).udp(payload: [1]))
        for second in stride(from: 0, through: 100, by: 20) {
            _ = table.flow(for: packet, bytes: 30, now: at(second))
            let expired = table.nextExpired(now: at(second + 5))
            #expect(expired == nil)
        }
        let expired = table.nextExpired(now: at(131))
        #expect(expired != nil)
    }

    /// A damaged capture has packets of another century; a clock that was set back stays there.
    @Test func aTimeThatLeapsBack() {
        var table = table()
        let packet = DecodedPacket(raw: PacketBuilder.to(port: 53).udp(payload: [1]))
        for second in [100_000, 5, 100_001] {
            _ = table.flow(for: packet, bytes: 30, now: at(second))
            let expired = table.nextExpired(now: at(second))
            #expect(expired == nil)
        }
        for _ in 0..<40 { while table.nextExpired(now: at(5)) != nil { Issue.record("expired in its past") } }
        let expired = table.nextExpired(now: at(500))
        #expect(expired != nil)
    }

    @Test func theMemcapIsKept() {
        var table = table(memcap: 64 << 10)
        var refused = 0
        for number in 0..<10_000 {
            let builder = PacketBuilder.to(port: 80, from: UInt16(1 + number))
            if case .memcapReached = table.flow(for: DecodedPacket(raw: builder.udp(payload: [1])), bytes: 30, now: at(0)) {
                refused += 1
            }
        }
        let (count, capacity, bytes) = (table.count, table.capacity, table.memoryBytes)
        #expect(count == capacity && refused == 10_000 - capacity && bytes <= 64 << 10)
        var isEmergency = table.isEmergency
        #expect(isEmergency)
        // In the emergency, new flows leave after 10 seconds.
        while table.nextExpired(now: at(11)) != nil {}
        if case .memcapReached = table.flow(
            for: DecodedPacket(raw: PacketBuilder.to(port: 81).udp(payload: [1])), bytes: 30, now: at(11))
        {
            Issue.record("no room after the emergency's timeouts")
        }
        isEmergency = table.isEmergency
        #expect(!isEmergency)
    }

    /// Random traffic against a dictionary: same flows, same counts.
    @Test func randomTrafficMatchesADictionary() {
        var random = SeededRandom(seed: 4)
        var table = table(memcap: 8 << 20)
        var model: [UInt16: UInt64] = [:]
        for _ in 0..<20_000 {
            let port = UInt16.random(in: 1...2000, using: &random)
            let builder = PacketBuilder.to(port: 80, from: port)
            let packet = Bool.random(using: &random) ? builder : builder.reversed
            _ = table.flow(for: DecodedPacket(raw: packet.udp(payload: [1])), bytes: 1, now: at(0))
            if model[port] == nil, packet.sourcePort != port { model[port] = 0 }
            model[port, default: 0] += 1
            if Int.random(in: 0..<50, using: &random) == 0 {
                let found = table.find(
                    source: builder.source, sourcePort: port, destination: builder.destination, destinationPort: 80,
                    ipProtocol: IPProtocol.udp)
                if let found {
                    let record = table[found.index]
                    #expect(record.packets.0 + record.packets.1 == model[port])
                    table.remove(found.index)
                    model[port] = nil
                }
            }
        }
        let (count, indices) = (table.count, table.indices.count)
        #expect(count == model.count && indices == model.count)
    }
}
