import Wire

/// The state of a pcapng section: its byte order and interfaces.
struct PcapngSection {
    /// Block type of a section header; the same in both byte orders.
    static let sectionHeaderType: UInt32 = 0x0a0d_0d0a
    private static let maximumBlockBytes = 16 << 20

    private struct Interface {
        let link: LinkType?
        let number: UInt16
        let ticksPerSecond: UInt64
    }

    private var order = ByteOrderReader(isLittleEndian: true)
    private var interfaces: [Interface] = []

    /// The first section header; its type has been read.
    static func first(_ reader: CaptureReader) throws(CaptureError) -> PcapngSection {
        var section = PcapngSection()
        try section.readSectionHeader(reader)
        return section
    }

    mutating func next(_ reader: CaptureReader) throws(CaptureError) -> CapturedPacket? {
        while true {
            let start = reader.file.offset
            let got = reader.file.read(4, into: &reader.scratch)
            guard got > 0 else { return nil }
            guard got == 4 else { throw reader.cutShort(at: start, "expected a block type") }
            if reader.scratch.span.uint32(at: 0) == Self.sectionHeaderType {
                try readSectionHeader(reader)
                continue
            }
            let type = order.uint32(reader.scratch, 0)
            try readBody(reader, start: start)
            switch type {
            case 1: try addInterface(reader, start)
            case 6: return try enhancedPacket(reader, start)
            case 3: return try simplePacket(reader, start)
            case 2: return try obsoletePacket(reader, start)
            default: break
            }
        }
    }

    private mutating func readSectionHeader(_ reader: CaptureReader) throws(CaptureError) {
        try reader.readHeader(8, of: "the section header")
        switch reader.scratch.span.uint32(at: 4) {
        case 0x1a2b_3c4d: order.isLittleEndian = false
        case 0x4d3c_2b1a: order.isLittleEndian = true
        default: throw reader.error("expected the byte-order magic 1a2b3c4d of a section header")
        }
        let length = Int(order.uint32(reader.scratch, 0))
        guard length >= 28, length % 4 == 0, length <= Self.maximumBlockBytes else {
            throw reader.error("a section header of \(length) bytes is not possible")
        }
        interfaces = []
        try reader.readHeader(length - 12, of: "the section header")
    }

    /// The block's body into `scratch`; both length fields are checked.
    private func readBody(_ reader: CaptureReader, start: UInt64) throws(CaptureError) {
        try reader.readHeader(4, of: "a block length")
        let length = Int(order.uint32(reader.scratch, 0))
        guard length >= 12, length % 4 == 0, length <= Self.maximumBlockBytes else {
            throw reader.error(at: start, "a block of \(length) bytes is not possible")
        }
        try reader.readHeader(length - 8, of: "a block")
        guard Int(order.uint32(reader.scratch, length - 12)) == length else {
            throw reader.error(at: start, "the block's two lengths differ")
        }
        reader.scratch.removeLast(4)
    }

    private mutating func addInterface(_ reader: CaptureReader, _ start: UInt64) throws(CaptureError) {
        guard reader.scratch.count >= 8 else { throw reader.error(at: start, "an interface block of under 20 bytes") }
        let number = order.uint16(reader.scratch, 0)
        interfaces.append(
            Interface(link: LinkType(number: UInt32(number)), number: number, ticksPerSecond: resolution(reader.scratch)))
    }

    /// Option 9, if_tsresol; microseconds without it.
    private func resolution(_ body: [UInt8]) -> UInt64 {
        var at = 8
        while at + 4 <= body.count {
            let code = order.uint16(body, at)
            let length = Int(order.uint16(body, at + 2))
            guard code != 0, at + 4 + length <= body.count else { break }
            if code == 9, length == 1 {
                let exponent = body[at + 4] & 0x7f
                if body[at + 4] & 0x80 != 0 { return exponent < 63 ? 1 << UInt64(exponent) : 1_000_000 }
                return exponent <= 18 ? (0..<exponent).reduce(1) { value, _ in value * 10 } : 1_000_000
            }
            at += 4 + (length + 3) / 4 * 4
        }
        return 1_000_000
    }

    private func enhancedPacket(_ reader: CaptureReader, _ start: UInt64) throws(CaptureError) -> CapturedPacket {
        guard reader.scratch.count >= 20 else { throw reader.error(at: start, "a packet block of under 32 bytes") }
        let body = reader.scratch
        return try packet(
            reader, start, interface: Int(order.uint32(body, 0)), ticks: ticks(body, 4), captured: order.uint32(body, 12),
            original: order.uint32(body, 16), dataOffset: 20)
    }

    private func obsoletePacket(_ reader: CaptureReader, _ start: UInt64) throws(CaptureError) -> CapturedPacket {
        guard reader.scratch.count >= 20 else { throw reader.error(at: start, "a packet block of under 32 bytes") }
        let body = reader.scratch
        return try packet(
            reader, start, interface: Int(order.uint16(body, 0)), ticks: ticks(body, 4), captured: order.uint32(body, 12),
            original: order.uint32(body, 16), dataOffset: 20)
    }

    private func simplePacket(_ reader: CaptureReader, _ start: UInt64) throws(CaptureError) -> CapturedPacket {
        guard reader.scratch.count >= 4 else { throw reader.error(at: start, "a packet block of under 16 bytes") }
        let original = order.uint32(reader.scratch, 0)
        let captured = min(original, UInt32(truncatingIfNeeded: reader.scratch.count - 4))
        return try packet(
            reader, start, interface: 0, ticks: 0, captured: captured, original: original, dataOffset: 4)
    }

    private func ticks(_ body: [UInt8], _ offset: Int) -> UInt64 {
        UInt64(order.uint32(body, offset)) << 32 | UInt64(order.uint32(body, offset + 4))
    }

    private func packet(
        _ reader: CaptureReader, _ start: UInt64, interface number: Int, ticks: UInt64, captured: UInt32,
        original: UInt32, dataOffset: Int
    ) throws(CaptureError) -> CapturedPacket {
        guard number < interfaces.count else {
            throw reader.error(at: start, "a packet of interface \(number), which no interface block describes")
        }
        let interface = interfaces[number]
        guard let link = interface.link else {
            throw reader.error(at: start, "link type \(interface.number) is not read")
        }
        let count = Int(captured)
        guard count <= CaptureReader.maximumPacketBytes, dataOffset + count <= reader.scratch.count else {
            throw reader.error(at: start, "a packet of \(count) bytes does not fit its block")
        }
        reader.packetBytes.removeAll(keepingCapacity: true)
        reader.packetBytes.append(contentsOf: reader.scratch[dataOffset..<dataOffset + count])
        let seconds = ticks / interface.ticksPerSecond
        let rest = ticks % interface.ticksPerSecond
        let fraction = rest.multipliedFullWidth(by: 1_000_000_000)
        let nanoseconds = interface.ticksPerSecond.dividingFullWidth(fraction).quotient
        let whole = Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let time = whole.overflow ? Int64.max : whole.partialValue &+ Int64(clamping: nanoseconds)
        return CapturedPacket(
            time: Timestamp(nanoseconds: time), link: link, linkNumber: UInt32(interface.number),
            originalLength: max(Int(original), count))
    }
}
