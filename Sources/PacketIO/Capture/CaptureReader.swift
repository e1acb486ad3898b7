import Glibc
public import Wire

/// What a capture says of one packet; its bytes stand in `CaptureReader.packetBytes` until the next one.
public struct CapturedPacket: Sendable {
    public let time: Timestamp
    public let link: LinkType
    /// LINKTYPE_ number, of which several are one `link`.
    public let linkNumber: UInt32
    /// Length on the wire; more than was captured when the capture cut packets.
    public let originalLength: Int
}

/// Reads pcap (microseconds and nanoseconds, both byte orders) and pcapng files packet by packet.
///
/// Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
public final class CaptureReader {
    /// A longer packet is nonsense. Captures that were made by hand have packets beyond libpcap's 256 KiB.
    static let maximumPacketBytes = 16 << 20

    let path: String
    var file: BufferedFile
    private var format: Format
    /// Scratch for headers and blocks.
    var scratch: [UInt8] = []
    /// The packet that `next()` returned last.
    public internal(set) var packetBytes: [UInt8] = []

    private enum Format {
        case pcap(ClassicHeader)
        case pcapng(PcapngSection)
    }

    /// - Parameter path: `-` reads standard input.
    public init(path: String) throws(CaptureError) {
        self.path = path
        file = try BufferedFile(path: path)
        format = .pcapng(PcapngSection())
        guard file.read(4, into: &scratch) == 4 else {
            guard file.failureCode == 0 else {
                throw CaptureError(file: path, offset: nil, message: BufferedFile.reason(file.failureCode))
            }
            throw CaptureError(file: path, offset: 0, message: "expected a pcap or pcapng file, found an empty or tiny one")
        }
        let magic = scratch.span.uint32(at: 0)
        if magic == PcapngSection.sectionHeaderType {
            format = .pcapng(try PcapngSection.first(self))
        } else {
            format = .pcap(try ClassicHeader(magic: magic, self))
        }
    }

    /// The next packet, or nil at the end.
    /// - Throws: where the file stops making sense; what came before stays good.
    public func next() throws(CaptureError) -> CapturedPacket? {
        switch format {
        case .pcap(let header):
            return try header.next(self)
        case .pcapng(var section):
            defer { format = .pcapng(section) }
            return try section.next(self)
        }
    }

    func error(at offset: UInt64? = nil, _ message: String) -> CaptureError {
        CaptureError(file: path, offset: offset ?? file.offset, message: message)
    }

    func cutShort(at offset: UInt64, _ message: String) -> CaptureError {
        CaptureError(file: path, offset: offset, message: "cut short: \(message)", isCutShort: true)
    }

    /// Exactly `count` bytes into `scratch`.
    func readHeader(_ count: Int, of what: String) throws(CaptureError) {
        let start = file.offset
        let got = file.read(count, into: &scratch)
        guard got == count else {
            throw cutShort(at: start, "expected \(count) bytes of \(what), found \(got)")
        }
    }

    func readPacket(_ count: Int) throws(CaptureError) {
        let start = file.offset
        guard count <= Self.maximumPacketBytes else {
            throw error(at: start, "a packet of \(count) bytes; at most \(Self.maximumPacketBytes) are possible")
        }
        let got = file.read(count, into: &packetBytes)
        guard got == count else {
            throw cutShort(at: start, "expected \(count) bytes of packet data, found \(got)")
        }
    }
}

/// Integers in the byte order that the file's magic number announced.
struct ByteOrderReader {
    var isLittleEndian: Bool

    func uint16(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
        let value = bytes.span.uint16(at: offset)
        return isLittleEndian ? value.byteSwapped : value
    }

    func uint32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        let value = bytes.span.uint32(at: offset)
        return isLittleEndian ? value.byteSwapped : value
    }
}

/// The file header of a classic pcap, and its packets.
struct ClassicHeader {
    let order: ByteOrderReader
    let link: LinkType
    let linkNumber: UInt32
    let nanosecondsPerTick: Int64

    init(magic: UInt32, _ reader: CaptureReader) throws(CaptureError) {
        switch magic {
        case 0xa1b2_c3d4: (order, nanosecondsPerTick) = (ByteOrderReader(isLittleEndian: false), 1000)
        case 0xd4c3_b2a1: (order, nanosecondsPerTick) = (ByteOrderReader(isLittleEndian: true), 1000)
        case 0xa1b2_3c4d: (order, nanosecondsPerTick) = (ByteOrderReader(isLittleEndian: false), 1)
        case 0x4d3c_b2a1: (order, nanosecondsPerTick) = (ByteOrderReader(isLittleEndian: true), 1)
        default:
            throw reader.error(
                at: 0, "expected the magic number of pcap or pcapng, found 0x\(String(magic, radix: 16))")
        }
        try reader.readHeader(20, of: "the pcap file header")
        let number = order.uint32(reader.scratch, 16) & 0x0fff_ffff
        guard let link = LinkType(number: number) else {
            throw reader.error(
                at: 20, "link type \(number) is not read; expected Ethernet, raw IP, Linux cooked, PPP, Cisco HDLC or null")
        }
        self.link = link
        linkNumber = number
    }

    func next(_ reader: CaptureReader) throws(CaptureError) -> CapturedPacket? {
        let start = reader.file.offset
        let got = reader.file.read(16, into: &reader.scratch)
        guard got > 0 else { return nil }
        guard got == 16 else {
            throw reader.cutShort(at: start, "expected a 16-byte packet header, found \(got) bytes")
        }
        let seconds = Int64(order.uint32(reader.scratch, 0))
        let fraction = Int64(order.uint32(reader.scratch, 4))
        let captured = Int(order.uint32(reader.scratch, 8))
        let original = Int(order.uint32(reader.scratch, 12))
        try reader.readPacket(captured)
        let time = Timestamp(nanoseconds: seconds * 1_000_000_000 + fraction * nanosecondsPerTick)
        return CapturedPacket(
            time: time, link: link, linkNumber: linkNumber, originalLength: max(original, captured))
    }
}
