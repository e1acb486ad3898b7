import Wire

/// What no honest sender does, one thing at a time.
extension ScriptGenerator {
    mutating func anomaly() -> [Step] {
        let segments: [Segment] =
            switch number(0...21) {
            case 0...4: [otherCopy()]
            case 5: [damaged()]
            case 6: [withoutAcknowledgment()]
            case 7, 8: [outsideTheWindow()]
            case 9, 10: [withOddTime()]
            case 11: [withOddAcknowledgment()]
            case 12: resets()
            case 13: ends()
            case 14: openings()
            case 15, 16: [urgent()]
            case 17: [probe()]
            case 18, 19: fragmented()
            case 20: [withOddOptions()]
            default: [anything()]
            }
        var steps = segments.map { Step.segment($0) }
        if chance(10) { steps.append(.read(number(0...2000))) }
        if chance(5) { steps.append(.write(number(1...2000))) }
        if chance(2) { steps.append(.shutdown) }
        return steps
    }

    /// Near the stream's places, its ends and what is acknowledged.
    private mutating func place() -> (anchor: Segment.Anchor, offset: Int) {
        switch number(0...5) {
        case 0: (.acknowledged, number(-3...3))
        case 1: (.acknowledged, number(-2000...2000))
        case 2: (.windowEdge, number(-3...3))
        case 3: (.stream, number(-3...3))
        case 4: (.stream, length + number(-3...3))
        default: (.stream, number(0...length))
        }
    }

    private mutating func somewhere(_ flags: TCPFlags, length: Int) -> Segment {
        let (anchor, offset) = place()
        return Segment(anchor: anchor, offset: offset, flags: flags, length: length)
    }

    private mutating func variant() -> UInt8 { UInt8(number(1...3)) }

    /// Other bytes than the honest ones, in a place of theirs or beyond.
    private mutating func otherCopy() -> Segment {
        var range = someRange()
        if chance(20) { range = range.lowerBound..<range.upperBound + number(1...50) }
        var segment = Segment.data(range, chance(50) ? [.ack, .psh] : .ack)
        segment.variant = variant()
        if chance(20) { (segment.anchor, segment.offset) = place() }
        if chance(10) { segment.flags.insert(.fin) }
        return segment
    }

    private mutating func damaged() -> Segment {
        var segment = otherCopy()
        segment.flags = pick([[.ack], [.ack, .psh], [.rst, .ack], [.rst], [.syn], [.fin, .ack], [.syn, .ack]])
        segment.damage = pick([
            .transportChecksum, .transportChecksum, .headerChecksum, .headerLength(UInt8(number(0...15))),
            .trailer(number(1...40)), .truncation(number(1...30)), .reservedBits(UInt8(number(1...15))),
        ])
        return segment
    }

    private mutating func withoutAcknowledgment() -> Segment {
        var segment = otherCopy()
        segment.flags = pick([[], .psh, .fin, .urg, [.fin, .psh, .urg], .ece, [.psh, .cwr]])
        return segment
    }

    private mutating func outsideTheWindow() -> Segment {
        var segment = otherCopy()
        segment.anchor = pick([.windowEdge, .acknowledged])
        segment.offset = pick([-1, 0, 1, number(-5000...5000), number(-70_000...70_000), 0x7fff_ffff, -0x7fff_ffff, 1 << 30, -segment.length])
        return segment
    }

    private mutating func withOddTime() -> Segment {
        var segment = chance(50) ? otherCopy() : honest(someRange())
        if chance(20) { (segment.anchor, segment.offset) = place() }
        switch number(0...3) {
        case 0: segment.timestamp = nil
        case 1: segment.timestamp = pick([-1, -2, -3, 1, -100, 100, .min, .max, Int32(number(-100_000...100_000)), -0x7fff_0000, 0x7fff_0000])
        case 2: segment.echo = pick([-1, 1, -1000, 1000, .min, .max])
        default:
            segment.timestamp = nil
            segment.options = [8, 10] + (0..<8).map { _ in UInt8(number(0...255)) } + [1, 1]
        }
        return segment
    }

    private mutating func withOddAcknowledgment() -> Segment {
        var segment = chance(60) ? otherCopy() : honest(someRange())
        segment.acknowledgment = pick([
            1, 2, -1, -2, number(-3000...3000), number(-70_000...70_000), 1 << 20, -(1 << 20), 0x7fff_ffff, 1 << 31, -(1 << 30),
        ])
        return segment
    }

    private mutating func resets() -> [Segment] {
        (0..<number(1...3)).map { _ in
            var reset = somewhere(pick([[.rst], [.rst, .ack], [.rst, .psh], [.rst, .fin]]), length: chance(20) ? number(1...20) : 0)
            reset.acknowledgment = pick([0, 0, 0, 1, -1, number(-100_000...100_000)])
            if chance(15) { reset.timestamp = pick([nil, -100, 100, -0x7000_0000]) }
            return reset
        }
    }

    private mutating func ends() -> [Segment] {
        (0..<number(1...2)).map { _ in
            var end = somewhere([.fin, .ack], length: chance(50) ? number(1...30) : 0)
            end.variant = chance(50) ? variant() : 0
            if chance(10) { end.flags.formUnion([.urg, .psh]) }
            return end
        }
    }

    private mutating func openings() -> [Segment] {
        (0..<number(1...3)).map { _ in
            var opening = somewhere(pick([[.syn], [.syn], [.syn, .ack], [.syn, .fin], [.syn, .rst], [.syn, .psh]]), length: 0)
            if chance(30) { opening.offset = -1; opening.anchor = .stream }
            if chance(20) { opening.length = number(1...30) }
            if chance(20) { opening.offset = number(-0x7fff_0000...0x7fff_0000) }
            if chance(30) { opening.acknowledgment = pick([-1, 1, number(-100_000...100_000)]) }
            if chance(20) { opening.options = pick([[34, 2], [34, 10, 1, 2, 3, 4, 5, 6, 7, 8], [3, 3, 14, 0], [254, 4, 0xf9, 0x89]]) }
            if chance(20) { opening.damage = .transportChecksum }
            return opening
        }
    }

    private mutating func urgent() -> Segment {
        var segment = chance(70) ? honest(someRange()) : otherCopy()
        segment.flags.insert(.urg)
        segment.urgentPointer = pick([
            0, 1, UInt16(clamping: segment.length), UInt16(clamping: segment.length + 1), UInt16(number(0...40)),
            UInt16(clamping: number(0...max(0, length))), 0xffff,
        ])
        return segment
    }

    private mutating func probe() -> Segment {
        var segment = Segment(anchor: .acknowledged, offset: -1, length: number(0...1))
        if chance(50) { segment.variant = variant() }
        if chance(30) { segment.window = 0 }
        return segment
    }

    private mutating func withOddOptions() -> Segment {
        var segment = chance(60) ? otherCopy() : honest(someRange())
        segment.options = pick([
            [19, 18] + [UInt8](repeating: 1, count: 16), [29, 4, 1, 1], [34, 10, 1, 2, 3, 4, 5, 6, 7, 8], [5, 10, 0, 0, 0, 1, 0, 0, 0, 9],
            [8, 10, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3, 14], [3, 0], [8, 1], [8, 40, 1, 1], [255, 2], [0, 8, 10], [8, 6, 1, 1, 1, 1],
            [2, 4, 0, 0], [1, 1, 1, 5],
        ])
        if chance(30) { segment.timestamp = nil }
        if chance(20) { segment.networkOptions = settings.isIPv6 ? [0, 0, 0, 1, 4, 0, 0, 0, 0] : pick([[7, 7, 4, 0, 0, 0, 0], [131, 7, 4, 198, 18, 0, 9], [1], [0], [68, 4, 5, 0]]) }
        return segment
    }

    private mutating func anything() -> Segment {
        var segment = somewhere(TCPFlags(rawValue: UInt8(number(0...255))), length: chance(50) ? number(0...60) : 0)
        segment.variant = chance(50) ? variant() : 0
        segment.window = UInt16(number(0...65_535))
        segment.urgentPointer = UInt16(chance(80) ? number(0...80) : number(0...65_535))
        if chance(30) { segment.acknowledgment = number(-70_000...70_000) }
        return segment
    }

    // MARK: fragments

    /// Bytes of the segment behind the IP header.
    private func transportLength(of segment: Segment) -> Int {
        var peer = Peer(settings: settings, peer: KernelEnd.ipv4, peerPort: 1, kernel: KernelEnd.ipv4, kernelPort: 2)
        var bare = segment
        bare.pieces = []
        bare.damage = nil
        bare.networkOptions = []
        return (peer.packets(of: bare).first?.count ?? 40) - 20
    }

    /// The segment in fragments that make it whole, in any order.
    mutating func wholePieces(of segment: Segment) -> [Segment.Piece] {
        let total = transportLength(of: segment)
        var pieces: [Segment.Piece] = []
        var start = 0
        let size = pick([8, 16, 64, 512])
        while start < total {
            let end = min(total, start + 8 * number(1...max(1, max(size, total / 10) / 8)))
            pieces.append(Segment.Piece(range: start..<end, more: end < total))
            start = end
        }
        if chance(30) { pieces.shuffle(using: &random) }
        if chance(10), pieces.count > 1 { pieces.insert(pieces[number(0...pieces.count - 2)], at: number(0...pieces.count - 1)) }
        return pieces
    }

    /// Fragments that overlap, differ, are missing, too small, or belong to two datagrams of one identification.
    private mutating func fragmented() -> [Segment] {
        var segments: [Segment] = []
        for index in 0..<number(1...3) {
            var segment = chance(50) ? otherCopy() : honest(someRange())
            segment.networkOptions = []
            segment.length = min(segment.length, 200)
            segment.pieces = wholePieces(of: segment)
            segment.identificationDistance = chance(70) ? index : 0
            if chance(30) { segment.damage = .transportChecksum }
            for _ in 0..<number(0...3) { change(&segment.pieces) }
            segments.append(segment)
        }
        if chance(10) { separate(&segments) }
        return segments
    }

    /// Many fragments of others between the first fragments of a datagram and its last.
    private mutating func separate(_ segments: inout [Segment]) {
        guard let first = segments.first, first.pieces.count > 1 else { return }
        var (early, late) = (first, first)
        early.pieces.removeLast(number(1...first.pieces.count - 1))
        late.pieces.removeFirst(early.pieces.count)
        var others = Segment.data(0..<8)
        others.pieces = Array(repeating: Segment.Piece(range: 0..<8, more: true), count: number(40...80))
        late.identificationDistance = 2
        segments = [early, others, late]
        // Once more with other bytes, in front of what the receiver may still hold.
        early.variant = variant()
        early.identificationDistance = 3
        segments.append(early)
    }

    private mutating func change(_ pieces: inout [Segment.Piece]) {
        guard !pieces.isEmpty else { return }
        let index = number(0...pieces.count - 1)
        switch number(0...6) {
        case 0: pieces.remove(at: index)
        case 1: pieces[index].variant = variant()
        case 2:
            var copy = pieces[index]
            copy.variant = variant()
            pieces.insert(copy, at: number(0...pieces.count))
        case 3:
            var copy = pieces[index]
            let low = max(0, copy.range.lowerBound + 8 * number(-2...2))
            copy.range = low..<max(low, copy.range.upperBound + 8 * number(-2...2))
            copy.more = chance(80)
            copy.variant = chance(50) ? variant() : 0
            pieces.insert(copy, at: number(0...pieces.count))
        case 4: pieces[index].more.toggle()
        case 5: pieces.append(pieces[index])
        default:
            let low = 8 * number(0...8191)
            pieces.insert(Segment.Piece(range: low..<low + number(0...40), more: chance(50)), at: index)
        }
    }
}
