import PacketIO
import Wire

/// The packets of captures, all of them in memory, one after the other.
struct CaptureMemory {
    struct Packet {
        let time: Timestamp
        let link: LinkType
        let place: Range<Int>
    }

    private(set) var bytes: [UInt8] = []
    private(set) var packets: [Packet] = []
    /// Captures that were cut short; what came before is used.
    private(set) var errors: [CaptureError] = []

    init(_ paths: [String]) {
        for path in paths {
            do throws(CaptureError) {
                let reader = try CaptureReader(path: path)
                while let packet = try reader.next() {
                    let start = bytes.count
                    bytes += reader.packetBytes
                    packets.append(Packet(time: packet.time, link: packet.link, place: start..<bytes.count))
                }
            } catch {
                errors.append(error)
            }
        }
    }
}
