import Traffic
import Wire

/// One kind of pressure on the engine's tables: endless, each step from another sender unless said otherwise.
enum Pressure: String, CaseIterable {
    /// A SYN that nobody answers.
    case synFlood = "syn-flood"
    /// A handshake, and then silence.
    case idle
    /// A handshake, an HTTP request and its answer, and then silence.
    case idleHTTP = "idle-http"
    /// A handshake and 12 KiB of a request whose headers never end.
    case halfRequests = "half-requests"
    /// A handshake, a request and 12 KiB of its answer, and then silence.
    case halfAnswers = "half-answers"
    /// The first fragment of a datagram whose rest never comes.
    case fragments
    /// A handshake and 1,400 bytes behind a hole that is never filled.
    case reordering
    /// One connection for 256 steps: 1,400 bytes in order that the receiver never acknowledges.
    case unacknowledged

    var about: String {
        switch self {
        case .synFlood: "SYNs of as many sources"
        case .idle: "handshakes, then silence"
        case .idleHTTP: "one request and answer, then silence"
        case .halfRequests: "requests whose headers never end"
        case .halfAnswers: "answers that stop in the middle"
        case .fragments: "first fragments without the rest"
        case .reordering: "handshakes and bytes behind a hole"
        case .unacknowledged: "bytes in order, never acknowledged"
        }
    }

    /// The packets of step `number`.
    func packets(_ number: Int) -> [[UInt8]] {
        switch self {
        case .synFlood:
            return [Pressure.client(number).tcp(flags: .syn, sequence: 1000, options: [2, 4, 5, 180])]
        case .idle: return Pressure.connection(number).packets
        case .idleHTTP: return Pressure.connection(number, Pressure.request, Pressure.answer).packets
        case .halfRequests: return Pressure.connection(number, Pressure.halfRequest).packets
        case .halfAnswers: return Pressure.connection(number, Pressure.request, Pressure.halfAnswer).packets
        case .fragments:
            var builder = Pressure.client(number)
            builder.identification = UInt16(truncatingIfNeeded: number)
            return [builder.fragments(of: builder.udp(payload: Pressure.block), bytes: 1000)[0]]
        case .reordering:
            var conversation = Pressure.connection(number)
            _ = conversation.segments(of: [0], from: .toServer)
            return conversation.packets + conversation.segments(of: Pressure.block, from: .toServer)
        case .unacknowledged:
            return Pressure.unacknowledged(number)
        }
    }

    static let request = Array("GET /orders?page=2 HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n".utf8)
    static let answer = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 600\r\n\r\n".utf8)
        + [UInt8](repeating: UInt8(ascii: "x"), count: 600)
    private static let halfRequest =
        Array("GET / HTTP/1.1\r\nHost: shop.example\r\n".utf8)
        + (0..<12).flatMap { Array("X-Padding-\($0): \(String(repeating: "z", count: 1000))\r\n".utf8) }
    private static let halfAnswer =
        Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n".utf8)
        + [UInt8](repeating: UInt8(ascii: "x"), count: 12_000)
    static let server = IPAddress(ipv4: 0xC612_0001)
    private static let block = [UInt8](repeating: UInt8(ascii: "y"), count: 1400)
    private static let stepsOfConnection = 256

    /// Addresses of 198.18.0.0/15 first, then other ports.
    static func client(_ number: Int) -> PacketBuilder {
        PacketBuilder(
            source: IPAddress(ipv4: 0xC612_0100 + UInt32(truncatingIfNeeded: number % 130_000)),
            sourcePort: UInt16(truncatingIfNeeded: 2000 + number / 130_000), destination: server, destinationPort: 80)
    }

    /// A handshake, and what both ends say then.
    private static func connection(_ number: Int, _ request: [UInt8] = [], _ answer: [UInt8] = []) -> Conversation {
        var conversation = Conversation(client: client(number))
        conversation.open()
        conversation.send(request, from: .toServer)
        conversation.send(answer, from: .toClient)
        return conversation
    }

    private static func unacknowledged(_ number: Int) -> [[UInt8]] {
        let (connection, step) = (number / stepsOfConnection, number % stepsOfConnection)
        let client = client(connection)
        var conversation = Conversation(client: client, clientSequence: 1000 &+ UInt32(step * block.count))
        if step == 0 {
            // Window scale 7: the receiver has granted 8 MiB.
            let options: [UInt8] = [2, 4, 5, 180, 3, 3, 7, 0]
            let syn = client.tcp(flags: .syn, sequence: 999, options: options)
            let answer = client.reversed.tcp(flags: [.syn, .ack], sequence: 4999, acknowledgment: 1000, options: options)
            let ack = client.tcp(flags: .ack, sequence: 1000, acknowledgment: 5000)
            let window = client.reversed.tcp(flags: .ack, sequence: 5000, acknowledgment: 1000)
            return [syn, answer, ack, window] + conversation.segments(of: block, from: .toServer)
        }
        return conversation.segments(of: block, from: .toServer)
    }
}
