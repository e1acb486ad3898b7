import TestSupport
import Testing
import Wire

/// Frames of all kinds with cuts, flipped bits and odd lengths: nothing traps, nothing points outside the bytes.
@Suite struct MutationTests {
    private let decoder: PacketDecoder = {
        var ports = TunnelPorts()
        ports.teredo = nil
        return PacketDecoder(tunnels: ports)
    }()

    /// Decodes the frame and what is in its tunnels, and checks every range.
    private func check(_ bytes: [UInt8], _ link: LinkType, depth: Int = 0) {
        let packet = decoder.decode(bytes.span, link: link, checksums: .verify)
        #expect(packet.ipOffset >= 0 && packet.payloadOffset >= 0 && packet.payloadLength >= 0)
        if packet.invalid == nil, packet.addressFamily != nil {
            #expect(packet.ipOffset + packet.ipLength <= bytes.count)
            #expect(packet.transportOffset <= packet.ipOffset + packet.ipLength)
            #expect(packet.payloadOffset + packet.payloadLength <= packet.ipOffset + packet.ipLength)
        }
        if let event = packet.invalid { #expect(packet.events.contains(event)) }
        guard let tunnel = packet.tunnel, depth < 20 else { return }
        #expect(packet.invalid == nil && tunnel.length > 0 && tunnel.offset + tunnel.length <= bytes.count)
        check(Array(bytes[tunnel.offset..<tunnel.offset + tunnel.length]), tunnel.link, depth: depth + 1)
    }

    @Test func everyTruncation() {
        for frame in Frames.all {
            for length in 0...frame.bytes.count { check(Array(frame.bytes[..<length]), frame.link) }
        }
    }

    @Test func everyByteWithOtherValues() {
        for frame in Frames.all {
            for index in frame.bytes.indices {
                var bytes = frame.bytes
                for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff, bytes[index] ^ 0x01, bytes[index] ^ 0x10, bytes[index] &+ 1] {
                    bytes[index] = value
                    check(bytes, frame.link)
                }
            }
        }
    }

    @Test func randomMutations() {
        var random = SeededRandom(seed: 1661)
        let frames = Frames.all
        for _ in 0..<30_000 {
            let frame = frames[Int.random(in: 0..<frames.count, using: &random)]
            var bytes = frame.bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 { bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))) }
            if Int.random(in: 0..<8, using: &random) == 0 { bytes += bytes }
            let links = LinkType.allCases
            let link = Int.random(in: 0..<4, using: &random) == 0 ? links[Int.random(in: 0..<links.count, using: &random)] : frame.link
            check(bytes, link)
        }
    }
}
