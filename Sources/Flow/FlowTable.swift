public import Wire

/// One worker's flows: found by key, aged by packet time, bounded by a memcap.
///
/// Slots lie in pages that are made on demand and never move, so that a growing table never stops
/// a packet for a copy. Every live slot is in one hash chain and one list per protocol and state,
/// ordered by last activity.
public struct FlowTable: ~Copyable {
    static let slotsPerPage = 512
    static let none: Int32 = -1

    struct Slot {
        var record = FlowRecord()
        /// Packet time of the last activity; set back when time runs backwards.
        var activeNanoseconds: Int64 = 0
        var hash: UInt32 = 0
        /// Next in the hash chain, or the next free slot.
        var next = FlowTable.none
        var older = FlowTable.none
        var newer = FlowTable.none
        /// Index in `lists`, or `unlisted`.
        var list = FlowTable.unlisted
    }

    struct List {
        var oldest = FlowTable.none
        var newest = FlowTable.none
    }

    static let unlisted: UInt8 = 0xff
    static let listCount = 12

    var pages: [[Slot]] = []
    var lists = [List](repeating: List(), count: FlowTable.listCount)
    /// Nanoseconds by list: normal ones, then those in an emergency.
    let timeouts: [Int64]
    let emergencyTimeouts: [Int64]
    var nextSweep: Timestamp? = nil
    var lastSweep = Timestamp(nanoseconds: .min)
    /// Sweeps in a row that came with an earlier time than one before them, and how many of them are passed over.
    var sweepsBack = 0
    static let sweepsBackLimit = 16
    /// Expired, out of every list, but still readable.
    var expired = FlowTable.none

    private var buckets: [Int32]
    private let bucketMask: UInt32
    private let hasher: FlowHash
    private var free = FlowTable.none
    private var used = 0
    private let recoveryCount: Int
    private let flowBytes: Int

    /// Flows in the table.
    public private(set) var count = 0
    /// Flows that fit in the memcap.
    public let capacity: Int
    /// The memcap was hit and the table has not recovered: emergency timeouts are in force.
    public private(set) var isEmergency = false

    public init(configuration: FlowTableConfiguration) {
        flowBytes = MemoryLayout<Slot>.stride + 2 * MemoryLayout<Int32>.stride + max(configuration.bytesBesideTable, 0)
        capacity = min(max(configuration.memcapBytes / flowBytes, 1), 1 << 30)
        var bucketCount = 16
        while bucketCount < capacity { bucketCount *= 2 }
        buckets = [Int32](repeating: FlowTable.none, count: bucketCount)
        bucketMask = UInt32(bucketCount - 1)
        hasher = FlowHash(configuration.hashSeed)
        recoveryCount = capacity - capacity * min(max(configuration.emergencyRecoveryPercent, 0), 100) / 100
        timeouts = FlowTable.timeoutsByList(
            [configuration.tcp, configuration.udp, configuration.icmp, configuration.other])
        emergencyTimeouts = FlowTable.timeoutsByList(
            [configuration.emergencyTCP, configuration.emergencyUDP, configuration.emergencyICMP, configuration.emergencyOther])
    }

    public enum Lookup {
        case found(FlowIndex, Direction)
        /// The packet started this flow. Its direction is `.toServer`, except that a SYN/ACK comes
        /// from the server: ask `FlowRecord.direction(of:)`.
        case created(FlowIndex)
        /// `flow.memcap` is reached: the exception policy decides.
        case memcapReached
    }

    /// Finds or makes the packet's flow and counts the packet in it.
    public mutating func flow(for packet: borrowing DecodedPacket, bytes: Int, now: Timestamp) -> Lookup {
        releaseExpired()
        let key = FlowKey(packet)
        let hash = hasher.hash(key)
        let index = find(key, hash: hash)
        guard index == FlowTable.none else {
            let (page, slot) = FlowTable.place(index)
            let direction = pages[page][slot].record.direction(of: packet)
            pages[page][slot].record.count(bytes: bytes, direction: direction, now: now)
            touch(index, now: now)
            return .found(FlowIndex(rawValue: index), direction)
        }
        guard let created = takeSlot() else {
            if !isEmergency {
                isEmergency = true
                nextSweep = nil
            }
            return .memcapReached
        }
        let (page, slot) = FlowTable.place(created)
        let bucket = Int(UInt32(truncatingIfNeeded: hash) & bucketMask)
        pages[page][slot] = Slot(
            record: FlowRecord(startedBy: packet, bytes: bytes, now: now),
            hash: UInt32(truncatingIfNeeded: hash), next: buckets[bucket])
        buckets[bucket] = created
        count += 1
        touch(created, now: now)
        return .created(FlowIndex(rawValue: created))
    }

    /// The flow that an ICMP error is about, and the error's direction in it: against the datagram that it quotes. The
    /// error is counted there.
    public mutating func flow(
        quoted: QuotedHeader, place: UInt64, bytes: Int, now: Timestamp
    ) -> (index: FlowIndex, direction: Direction)? {
        releaseExpired()
        guard
            let (index, direction) = find(
                source: quoted.source, sourcePort: quoted.sourcePort, destination: quoted.destination,
                destinationPort: quoted.destinationPort, ipProtocol: quoted.ipProtocol, place: place)
        else { return nil }
        let (page, slot) = FlowTable.place(index.rawValue)
        pages[page][slot].record.count(bytes: bytes, direction: direction.reversed, now: now)
        touch(index.rawValue, now: now)
        return (index, direction.reversed)
    }

    /// The flow that a packet with these fields would belong to, and that packet's direction: for
    /// the header inside an ICMP error. Counts nothing.
    public func find(
        source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16, ipProtocol: UInt8,
        place: UInt64 = 0
    ) -> (index: FlowIndex, direction: Direction)? {
        let key = FlowKey(
            source: source, sourcePort: sourcePort, destination: destination, destinationPort: destinationPort,
            ipProtocol: ipProtocol, place: place)
        let index = find(key, hash: hasher.hash(key))
        guard index != FlowTable.none else { return nil }
        let (page, slot) = FlowTable.place(index)
        return (
            FlowIndex(rawValue: index),
            pages[page][slot].record.direction(source: source, sourcePort: sourcePort)
        )
    }

    /// Makes the flow at `index` start anew with `packet`, which was just counted in it by
    /// `flow(for:)`: a SYN on a port pair whose connection is over. Gives the ended flow's record,
    /// without that packet.
    public mutating func restart(
        _ index: FlowIndex, for packet: borrowing DecodedPacket, bytes: Int, now: Timestamp
    ) -> FlowRecord {
        var ended = self[index]
        if ended.direction(of: packet) == .toServer {
            ended.packets.0 &-= 1
            ended.bytes.0 &-= UInt64(truncatingIfNeeded: bytes)
        } else {
            ended.packets.1 &-= 1
            ended.bytes.1 &-= UInt64(truncatingIfNeeded: bytes)
        }
        self[index] = FlowRecord(startedBy: packet, bytes: bytes, now: now)
        return ended
    }

    /// The record at an index that `flow(for:)`, `nextExpired` or `first` gave. A new `state` takes
    /// effect on the timeout at once; the end points must not be changed, save by `swapEnds()`.
    public subscript(index: FlowIndex) -> FlowRecord {
        get {
            let (page, slot) = FlowTable.place(index.rawValue)
            return pages[page][slot].record
        }
        _modify {
            let (page, slot) = FlowTable.place(index.rawValue)
            yield &pages[page][slot].record
            relist(index.rawValue)
        }
    }

    /// Takes the flow out; the index is free afterwards. Harmless after `nextExpired` gave it.
    public mutating func remove(_ index: FlowIndex) {
        if index.rawValue == expired {
            releaseExpired()
            return
        }
        let (page, slot) = FlowTable.place(index.rawValue)
        guard page < pages.count, slot < pages[page].count, pages[page][slot].list != FlowTable.unlisted else { return }
        detach(index.rawValue)
        release(index.rawValue)
    }

    /// Any flow that is left, for the flush at the end of a capture or of the daemon.
    public var first: FlowIndex? {
        for list in lists where list.oldest != FlowTable.none { return FlowIndex(rawValue: list.oldest) }
        return nil
    }

    /// Every flow, in no particular order.
    public var indices: [FlowIndex] {
        var result: [FlowIndex] = []
        result.reserveCapacity(count)
        for index in 0..<used {
            let (page, slot) = FlowTable.place(Int32(index))
            if pages[page][slot].list != FlowTable.unlisted { result.append(FlowIndex(rawValue: Int32(index))) }
        }
        return result
    }

    /// Bytes that the flows take, as counted against the memcap.
    public var memoryBytes: Int { count * flowBytes }

    @inline(__always)
    static func place(_ index: Int32) -> (page: Int, slot: Int) {
        (Int(index) / slotsPerPage, Int(index) % slotsPerPage)
    }

    private func find(_ key: FlowKey, hash: UInt64) -> Int32 {
        let short = UInt32(truncatingIfNeeded: hash)
        var index = buckets[Int(short & bucketMask)]
        while index != FlowTable.none {
            let (page, slot) = FlowTable.place(index)
            if pages[page][slot].hash == short, FlowKey(pages[page][slot].record) == key { return index }
            index = pages[page][slot].next
        }
        return FlowTable.none
    }

    private mutating func takeSlot() -> Int32? {
        if free != FlowTable.none {
            let index = free
            let (page, slot) = FlowTable.place(index)
            free = pages[page][slot].next
            return index
        }
        guard used < capacity else { return nil }
        if used % FlowTable.slotsPerPage == 0 {
            pages.append([])
            pages[pages.count - 1].reserveCapacity(FlowTable.slotsPerPage)
        }
        pages[pages.count - 1].append(Slot())
        used += 1
        return Int32(used - 1)
    }

    /// Out of its hash chain and its list.
    mutating func detach(_ index: Int32) {
        let (page, slot) = FlowTable.place(index)
        let bucket = Int(pages[page][slot].hash & bucketMask)
        let following = pages[page][slot].next
        if buckets[bucket] == index {
            buckets[bucket] = following
        } else {
            var previous = buckets[bucket]
            while previous != FlowTable.none {
                let (previousPage, previousSlot) = FlowTable.place(previous)
                let next = pages[previousPage][previousSlot].next
                if next == index {
                    pages[previousPage][previousSlot].next = following
                    break
                }
                previous = next
            }
        }
        unlist(index)
        count -= 1
        if isEmergency, count <= recoveryCount {
            isEmergency = false
            nextSweep = nil
        }
    }

    private mutating func release(_ index: Int32) {
        let (page, slot) = FlowTable.place(index)
        pages[page][slot].next = free
        free = index
    }

    mutating func releaseExpired() {
        guard expired != FlowTable.none else { return }
        release(expired)
        expired = FlowTable.none
    }
}
