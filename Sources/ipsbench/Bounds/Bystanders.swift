import Inspection
import Traffic
import Wire

/// Connections that are there before the pressure, and have to work under it.
struct Bystanders {
    private var conversations: [Conversation] = []

    /// Opens them; each has a request answered.
    init(count: Int, _ send: ([UInt8]) -> Verdict) {
        for number in 0..<count {
            let client = PacketBuilder(
                source: IPAddress(ipv4: 0xC612_0002 + UInt32(truncatingIfNeeded: number)), sourcePort: 1025,
                destination: Pressure.server, destinationPort: 80)
            var conversation = Conversation(client: client)
            conversation.open()
            conversations.append(conversation)
            for packet in conversation.packets { _ = send(packet) }
        }
        _ = exchange(send)
    }

    /// A request and its answer on each connection.
    /// - Returns: connections of which every packet passed.
    mutating func exchange(_ send: ([UInt8]) -> Verdict) -> Int {
        var served = 0
        for index in conversations.indices {
            let start = conversations[index].packets.count
            conversations[index].send(Pressure.request, from: .toServer)
            conversations[index].send(Pressure.answer, from: .toClient)
            let verdicts = conversations[index].packets[start...].map(send)
            if verdicts.allSatisfy({ $0 == .accept }) { served += 1 }
        }
        return served
    }

    /// An exploit on the last connection.
    /// - Returns: a packet of it was dropped.
    mutating func attack(_ exploit: [UInt8], _ send: ([UInt8]) -> Verdict) -> Bool {
        guard let last = conversations.indices.last else { return false }
        return conversations[last].segments(of: exploit, from: .toServer).map(send).contains { $0 == .drop || $0 == .reject }
    }

    var count: Int { conversations.count }
}
