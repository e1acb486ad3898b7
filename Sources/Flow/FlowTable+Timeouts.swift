public import Wire

extension FlowTable {
    /// Takes out and gives a flow that timed out at `now`, or nil; call until nil. Its record stays
    /// readable until the next call of any mutating method of the table.
    ///
    /// Time is the packets' and may run backwards. Where it stays back, a flow that was active in the future is taken
    /// as active now; a few packets with an earlier time, as of a damaged capture, change nothing.
    public mutating func nextExpired(now: Timestamp) -> FlowIndex? {
        releaseExpired()
        if now >= lastSweep {
            sweepsBack = 0
            if let nextSweep, now < nextSweep { return nil }
        } else {
            sweepsBack &+= 1
            guard sweepsBack > FlowTable.sweepsBackLimit else { return nil }
        }
        var soonest = now.advanced(byNanoseconds: 1_000_000_000)
        for list in 0..<FlowTable.listCount {
            let timeout = isEmergency ? emergencyTimeouts[list] : timeouts[list]
            // Bounds the work of one call when time jumped back; the rest is done by later sweeps.
            var restampsLeft = 4
            while lists[list].oldest != FlowTable.none {
                let index = lists[list].oldest
                let (page, slot) = FlowTable.place(index)
                let active = Timestamp(nanoseconds: pages[page][slot].activeNanoseconds)
                if active > now {
                    guard restampsLeft > 0 else { break }
                    restampsLeft -= 1
                    pages[page][slot].activeNanoseconds = now.nanoseconds
                    touch(index, now: now)
                    continue
                }
                let deadline = active.advanced(byNanoseconds: timeout)
                if deadline <= now {
                    detach(index)
                    expired = index
                    nextSweep = nil
                    return FlowIndex(rawValue: index)
                }
                soonest = min(soonest, deadline)
                break
            }
        }
        nextSweep = soonest
        lastSweep = now
        return nil
    }

    /// The flow without an answer that has been silent the longest: what makes room when the memcap is met.
    public var oldestNew: FlowIndex? {
        var oldest: Int32?
        for list in stride(from: Int(FlowRecord.State.new.rawValue), to: FlowTable.listCount, by: FlowRecord.State.allCases.count) {
            let candidate = lists[list].oldest
            guard candidate != FlowTable.none else { continue }
            if oldest.map({ activeNanoseconds(candidate) < activeNanoseconds($0) }) ?? true { oldest = candidate }
        }
        return oldest.map { FlowIndex(rawValue: $0) }
    }

    private func activeNanoseconds(_ index: Int32) -> Int64 {
        let (page, slot) = FlowTable.place(index)
        return pages[page][slot].activeNanoseconds
    }

    static func timeoutsByList(_ classes: [FlowTimeouts]) -> [Int64] {
        classes.flatMap { timeouts in FlowRecord.State.allCases.map { timeouts.nanoseconds($0) } }
    }

    private static func list(of record: borrowing FlowRecord) -> UInt8 {
        let protocolClass: UInt8 =
            switch record.ipProtocol {
            case 6: 0
            case 17: 1
            case 1, 58: 2
            default: 3
            }
        return protocolClass * 3 + record.state.rawValue
    }

    /// Makes the flow the youngest of its list.
    mutating func touch(_ index: Int32, now: Timestamp) {
        let (page, slot) = FlowTable.place(index)
        pages[page][slot].activeNanoseconds = max(pages[page][slot].activeNanoseconds, now.nanoseconds)
        let list = FlowTable.list(of: pages[page][slot].record)
        if pages[page][slot].list == list, lists[Int(list)].newest == index { return }
        unlist(index)
        enlist(index, list)
    }

    /// Moves a flow whose state changed to the list of that state.
    mutating func relist(_ index: Int32) {
        let (page, slot) = FlowTable.place(index)
        let list = FlowTable.list(of: pages[page][slot].record)
        guard pages[page][slot].list != FlowTable.unlisted, pages[page][slot].list != list else { return }
        unlist(index)
        enlist(index, list)
    }

    private mutating func enlist(_ index: Int32, _ list: UInt8) {
        let (page, slot) = FlowTable.place(index)
        let newest = lists[Int(list)].newest
        pages[page][slot].list = list
        pages[page][slot].older = newest
        pages[page][slot].newer = FlowTable.none
        if newest == FlowTable.none {
            lists[Int(list)].oldest = index
        } else {
            let (newestPage, newestSlot) = FlowTable.place(newest)
            pages[newestPage][newestSlot].newer = index
        }
        lists[Int(list)].newest = index
    }

    mutating func unlist(_ index: Int32) {
        let (page, slot) = FlowTable.place(index)
        let list = pages[page][slot].list
        guard list != FlowTable.unlisted else { return }
        let (older, newer) = (pages[page][slot].older, pages[page][slot].newer)
        if older == FlowTable.none {
            lists[Int(list)].oldest = newer
        } else {
            let (olderPage, olderSlot) = FlowTable.place(older)
            pages[olderPage][olderSlot].newer = newer
        }
        if newer == FlowTable.none {
            lists[Int(list)].newest = older
        } else {
            let (newerPage, newerSlot) = FlowTable.place(newer)
            pages[newerPage][newerSlot].older = older
        }
        pages[page][slot].list = FlowTable.unlisted
    }
}
