import TestSupport
import Wire

/// Makes the script of a seed: what an honest sender does on a bad network, or that with things in between that no
/// honest sender does.
package struct ScriptGenerator {
    var random: SeededRandom
    var script: Script

    package static func script(_ seed: UInt64) -> Script {
        var generator = ScriptGenerator(seed)
        generator.make()
        return generator.script
    }

    private init(_ seed: UInt64) {
        random = SeededRandom(seed: seed)
        script = Script(seed: seed, settings: Settings(), steps: [])
    }

    var settings: Settings { script.settings }
    var length: Int { script.length }

    private mutating func make() {
        script.isBenign = chance(25)
        script.recovers = script.isBenign || chance(70)
        chooseSettings()
        chooseLength()
        open()
        let opening = script.steps.count
        var body = honestBody()
        if !script.isBenign {
            for _ in 0..<number(1...6) {
                let steps = anomaly()
                body.insert(contentsOf: steps, at: number(0...body.count))
            }
            if chance(10) {
                for _ in 0..<number(1...3) { script.steps.insert(contentsOf: anomaly(), at: number(0...opening)) }
            }
        }
        script.steps += body
        let steps = script.steps.count
        if script.recovers { recover() }
        if chance(10), length <= 50_000 {
            script.unseen = number(opening...max(opening, steps))
            // Marks that were sent before can't be known.
            script.settings.urgent = .inline
        }
    }

    private mutating func chooseSettings() {
        script.settings.role = chance(70) ? .server : .client
        script.settings.isIPv6 = chance(30)
        // What else is out of band cannot be known in the middle.
        script.settings.urgent = script.isBenign && chance(50) ? .outOfBand : pick([.inline, .clear])
        // A differing copy that came first keeps the true one away: nothing recovers from that.
        script.settings.dropsOverlaps = !script.recovers && chance(30)
        // A receiver without room loses urgent marks, which nobody else can know.
        script.settings.hasSmallBuffer = settings.urgent != .outOfBand && chance(20)
        script.settings.takesFastOpen = chance(20)
        script.settings.initialSequence =
            switch number(0...4) {
            case 0: 1000
            case 1: UInt32.max - UInt32(number(0...3000))
            case 2: 0x7fff_ffff - UInt32(number(0...3000))
            case 3: 0
            default: UInt32(number(0...0xffff_ffff))
            }
        if chance(60) {
            script.settings.timestamp = pick([1, 1_000_000, UInt32.max - 5, 0x7fff_fff0, UInt32(number(1...0xffff_ffff))])
        }
        if chance(70) { script.settings.windowScale = UInt8(number(0...14)) }
        script.settings.offersSACK = chance(80)
    }

    private mutating func chooseLength() {
        script.length =
            switch number(0...9) {
            case 0: number(0...3)
            case 1...5: number(1...100)
            case 6...8: number(100...3000)
            default: chance(4) ? number(50_000...400_000) : number(3000...50_000)
            }
    }

    private mutating func open() {
        switch settings.role {
        case .server:
            var syn = Segment(offset: -1, flags: .syn)
            if chance(10) { syn.flags.formUnion([.ece, .cwr]) }
            if chance(settings.takesFastOpen ? 50 : 5), length > 0 {
                syn.options = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8]
                syn.length = number(0...min(length, 1200))
            }
            for _ in 0..<(chance(10) ? 2 : 1) { add(syn) }
            if chance(90) { add(Segment(offset: syn.length)) }
        case .client:
            let isSimultaneous = chance(8)
            if isSimultaneous { add(Segment(offset: -1, flags: .syn)) }
            for _ in 0..<(chance(10) ? 2 : 1) { add(Segment(offset: -1, flags: [.syn, .ack])) }
        }
        if chance(30) { script.steps.append(.write(number(1...2000))) }
    }

    /// Every byte at least once unless lost, in pieces of any size, in about any order.
    private mutating func honestBody() -> [Step] {
        var pieces: [Range<Int>] = []
        let size = pick([1, 7, 100, 536, 1448, 20_000, 60_000])
        var start = 0
        while start < length, pieces.count < 40 {
            let end = min(length, start + number(1...max(size, length / 40 + 1)))
            pieces.append(start..<end)
            start = end
        }
        var segments = pieces.map { honest($0) }
        for _ in 0..<number(0...3) where length > 0 { segments.append(honest(someRange())) }
        if chance(40), !segments.isEmpty {
            for _ in 0..<number(1...4) {
                segments.swapAt(number(0...segments.count - 1), number(0...segments.count - 1))
            }
        } else if chance(20) {
            segments.shuffle(using: &random)
        }
        if chance(20) { segments = segments.filter { _ in chance(85) } }
        if chance(50) {
            let place = chance(80) ? segments.count : number(0...segments.count)
            segments.insert(Segment(offset: length, flags: [.fin, .ack]), at: place)
        }
        var steps = segments.map { Step.segment($0) }
        for _ in 0..<number(0...3) { steps.insert(interlude(), at: number(0...steps.count)) }
        return steps
    }

    /// A segment with the true bytes of a range.
    mutating func honest(_ range: Range<Int>) -> Segment {
        var segment = Segment.data(range, chance(50) ? [.ack, .psh] : .ack)
        if range.upperBound == length, chance(15) { segment.flags.insert(.fin) }
        switch number(0...19) {
        case 0: segment.pieces = wholePieces(of: segment)
        case 1: if !settings.isIPv6 { segment.networkOptions = [1, 1, 1, 1] }
        case 2: if settings.isIPv6 { segment.networkOptions = [60, 0, 0, 1, 4, 0, 0, 0, 0] }
        case 3: segment.window = UInt16(number(1000...65_535))
        case 4:
            guard chance(30) else { break }
            segment.flags.insert(.urg)
            segment.urgentPointer = UInt16(clamping: number(1...max(1, range.count)))
        default: break
        }
        return segment
    }

    /// What happens beside the data.
    private mutating func interlude() -> Step {
        switch number(0...6) {
        case 0: .read(number(1...500))
        case 1: .read(.max)
        case 2: .write(number(1...500))
        case 3: .segment(Segment(anchor: .acknowledged, offset: -1))
        case 4: .segment(Segment(anchor: .acknowledged))
        case 5: .segment(Segment(anchor: .acknowledged, window: UInt16(number(0...65_535))))
        default: chance(30) ? .shutdown : .read(10)
        }
    }

    /// Everything once more in order, as for a sender that has not heard of any of it.
    private mutating func recover() {
        if settings.role == .client { add(Segment(offset: -1, flags: [.syn, .ack])) }
        add(Segment(offset: 0))
        var start = 0
        let size = settings.hasSmallBuffer ? 300 : 1448
        while start < length {
            script.steps.append(.read(.max))
            add(.data(start..<min(length, start + size)))
            start += size
        }
        script.steps.append(.read(.max))
        if chance(50) { add(Segment(offset: length, flags: [.fin, .ack])) }
    }

    // MARK: chances

    mutating func add(_ segment: Segment) { script.steps.append(.segment(segment)) }
    mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    mutating func someRange() -> Range<Int> {
        let start = number(0...max(0, length - 1))
        return start..<number(start...min(length, start + 4000))
    }
}
