public import Wire

/// Puts IP datagrams together from their fragments (RFC 791, section 3.2; RFC 8200, section 4.5).
///
/// As on Linux, a datagram whose fragments overlap is given up as a whole, exact copies aside
/// (RFC 5722): no receiver reads one part from one fragment and another from a second.
public struct FragmentReassembler {
    private struct Key: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var id: UInt32
        var place: UInt64
        var ipProtocol: UInt8

        init(_ packet: DecodedPacket) {
            source = packet.source
            destination = packet.destination
            id = packet.ipID
            place = packet.flowPlace
            ipProtocol = packet.ipProtocol
        }
    }

    private struct Datagram {
        var started: Timestamp
        /// By rising offset, without overlaps.
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        var total: Int?
        /// The first fragment's IP header.
        var header: [UInt8] = []
        var isPoisoned = false
        /// Fragments that its source had sent when one of it came last.
        var sourceCount: UInt32 = 0

        var held: Int { pieces.reduce(FragmentReassembler.datagramBytes) { $0 + $1.bytes.count } }
    }

    public enum Outcome {
        case incomplete
        /// The whole datagram as a raw IP packet without fragmentation.
        case complete([UInt8])
        /// The datagram is given up, or this fragment can't be part of one.
        case invalid(DecodeEvent?)
        case memcapReached
    }

    private var datagrams: [Key: Datagram] = [:]
    /// Keys by age, for timeouts.
    private var order: [Key] = []
    private var heldBytes = 0
    /// Fragments by source, under a part of the address's hash.
    private var sourceCounts = [UInt32](repeating: 0, count: 256)
    private let configuration: FragmentConfiguration
    private static let maximumPieces = 1024
    /// Linux gives up an IPv4 datagram of which no fragment is among the last 64 of its source (`ipfrag_max_dist`), and
    /// keeps the fragment that comes then. Fewer, because it counts some that are dropped here.
    private static let maximumDistance: UInt32 = 48
    /// What a datagram takes besides its bytes, one that is given up too.
    private static let datagramBytes = 128

    public init(configuration: FragmentConfiguration) { self.configuration = configuration }

    /// Takes in one fragment; `packet` was decoded from `frame` and is a fragment.
    public mutating func add(_ packet: DecodedPacket, frame: Span<UInt8>, now: Timestamp) -> Outcome {
        expire(now)
        let key = Key(packet)
        sourceCounts[Self.slot(packet)] &+= 1
        let end = packet.ipOffset + packet.ipLength
        let start = packet.transportOffset
        guard start >= packet.ipOffset, start <= end, end <= frame.count else { return .invalid(nil) }
        let piece = packet.fragmentOffset..<packet.fragmentOffset + end - start
        // Only the last fragment may have a length that is no multiple of eight.
        let isIPv6 = packet.addressFamily == .ipv6
        guard piece.upperBound <= 65_535 else { return .invalid(isIPv6 ? .ipv6FragmentTooLarge : .ipv4FragmentTooLarge) }
        guard !piece.isEmpty, !packet.moreFragments || piece.count % 8 == 0 else {
            return .invalid(isIPv6 ? .ipv6FragmentInvalidLength : nil)
        }
        if isIPv6, piece.lowerBound == 0, packet.moreFragments, piece.count < Self.shortestHeader(of: packet.ipProtocol) {
            return .invalid(.ipv6FragmentInvalidLength)
        }
        let before = datagrams[key]?.held ?? 0
        let growth = piece.count + (before == 0 ? Self.datagramBytes : 0)
        guard heldBytes + growth <= configuration.memcapBytes else { return .memcapReached }
        var datagram = datagrams[key] ?? Datagram(started: now)
        if datagrams[key] == nil { order.append(key) }
        let wasPoisoned = datagram.isPoisoned
        let isForgotten = before > 0 && mayBeForgotten(datagram, packet, now: now)
        datagram.sourceCount = sourceCounts[Self.slot(packet)]
        let isValid = !datagram.isPoisoned && !isForgotten && insert(piece, packet, frame, &datagram)
        if !isValid {
            datagram = Datagram(started: datagram.started, isPoisoned: true)
        }
        heldBytes += datagram.held - before
        guard isValid else {
            datagrams[key] = datagram
            // The overlap is told once; what comes after it goes the same way.
            return .invalid(wasPoisoned || isForgotten ? nil : isIPv6 ? .ipv6FragmentOverlap : .ipv4FragmentOverlap)
        }
        guard let whole = Self.whole(datagram, packet) else {
            datagrams[key] = datagram
            return .incomplete
        }
        heldBytes -= datagram.held
        datagrams[key] = nil
        order.removeAll { $0 == key }
        return .complete(whole)
    }

    /// The datagram that `packet` has just completed does not reach its receiver, which holds the fragments before this
    /// one and would take any later copy of it.
    public mutating func refuse(_ packet: DecodedPacket, now: Timestamp) {
        let key = Key(packet)
        guard datagrams[key] == nil else { return }
        let datagram = Datagram(started: now, isPoisoned: true)
        datagrams[key] = datagram
        order.append(key)
        heldBytes += datagram.held
    }

    /// Linux may have given the datagram up, so that the next fragment begins another one there.
    private func mayBeForgotten(_ datagram: Datagram, _ packet: DecodedPacket, now: Timestamp) -> Bool {
        let isIPv4 = packet.addressFamily == .ipv4
        // net.ipv4.ipfrag_time and net.ipv6.ip6frag_time without a second for timers that are early.
        if now.seconds(since: datagram.started) >= (isIPv4 ? 29 : 59) { return true }
        return isIPv4 && sourceCounts[Self.slot(packet)] &- datagram.sourceCount > Self.maximumDistance
    }

    private static func slot(_ packet: DecodedPacket) -> Int {
        Int(truncatingIfNeeded: ((packet.source.high ^ packet.source.low) &* 0x9e37_79b9_7f4a_7c15) >> 56)
    }

    /// What the first fragment of an IPv6 datagram must have of the header behind the IP ones (RFC 8200, section 4.5):
    /// receivers drop others.
    private static func shortestHeader(of ipProtocol: UInt8) -> Int {
        switch ipProtocol {
        case IPProtocol.tcp: 20
        case IPProtocol.udp, IPProtocol.icmpv6: 8
        default: 1
        }
    }

    private func insert(
        _ range: Range<Int>, _ packet: DecodedPacket, _ frame: Span<UInt8>, _ datagram: inout Datagram
    ) -> Bool {
        let bytes = [UInt8](
            copying: frame.extracting(packet.transportOffset..<packet.transportOffset + range.count))
        if !packet.moreFragments {
            if let total = datagram.total, total != range.upperBound { return false }
            datagram.total = range.upperBound
        }
        if let total = datagram.total, range.upperBound > total { return false }
        if let last = datagram.pieces.last, let total = datagram.total, last.offset + last.bytes.count > total { return false }
        let place = datagram.pieces.firstIndex { $0.offset >= range.lowerBound } ?? datagram.pieces.count
        if place < datagram.pieces.count, datagram.pieces[place].offset < range.upperBound {
            return datagram.pieces[place].offset == range.lowerBound && datagram.pieces[place].bytes == bytes
        }
        if place > 0 {
            let previous = datagram.pieces[place - 1]
            if previous.offset + previous.bytes.count > range.lowerBound { return false }
        }
        guard datagram.pieces.count < Self.maximumPieces else { return false }
        datagram.pieces.insert((range.lowerBound, bytes), at: place)
        if range.lowerBound == 0 {
            let headerEnd = packet.addressFamily == .ipv4 ? packet.transportOffset : packet.ipOffset + 40
            for index in packet.ipOffset..<headerEnd { datagram.header.append(frame[index]) }
        }
        return true
    }

    private static func whole(_ datagram: Datagram, _ packet: DecodedPacket) -> [UInt8]? {
        guard let total = datagram.total, !datagram.header.isEmpty else { return nil }
        var result = datagram.header
        var next = 0
        for piece in datagram.pieces {
            guard piece.offset == next else { return nil }
            result += piece.bytes
            next += piece.bytes.count
        }
        guard next == total else { return nil }
        if packet.addressFamily == .ipv4 {
            let length = datagram.header.count + total
            guard length <= 65_535 else { return nil }
            result[2] = UInt8(length >> 8)
            result[3] = UInt8(length & 0xff)
            result[6] = 0
            result[7] = 0
            result[10] = 0
            result[11] = 0
            let header = Array(result[..<datagram.header.count])
            let checksum = Checksum.of(header.span)
            result[10] = UInt8(checksum >> 8)
            result[11] = UInt8(checksum & 0xff)
        } else {
            result[4] = UInt8(total >> 8)
            result[5] = UInt8(total & 0xff)
            result[6] = packet.ipProtocol
        }
        return result
    }

    private mutating func expire(_ now: Timestamp) {
        let limit = Int64(configuration.timeoutSeconds) * 1_000_000_000
        while let oldest = order.first {
            guard let datagram = datagrams[oldest] else {
                order.removeFirst()
                continue
            }
            guard now.nanoseconds(since: datagram.started) > limit else { return }
            heldBytes -= datagram.held
            datagrams[oldest] = nil
            order.removeFirst()
        }
    }
}
