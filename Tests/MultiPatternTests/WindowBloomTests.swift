@testable import MultiPattern
import TestSupport
import Testing

/// Skipped where the processor lacks AVX-512 VBMI or GFNI.
@Suite(.enabled(if: WindowBloom.isAvailable))
struct WindowBloomTests {
    private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
    private static let shift: UInt64 = 64 - 18

    private func places(
        _ bloom: WindowBloom, _ text: [UInt8], from first: Int, through last: Int, _ bits: [UInt64]
    ) -> [Int] {
        let padded = text + [UInt8](repeating: 0, count: WindowBloom.padding)
        var places = [Int32](repeating: 0, count: text.count + 2)
        let count = unsafe padded.withUnsafeBufferPointer { text in
            unsafe bits.withUnsafeBufferPointer { bits in
                unsafe places.withUnsafeMutableBufferPointer { places -> Int in
                    guard let text = text.baseAddress, let bits = bits.baseAddress, let room = places.baseAddress else { return 0 }
                    return unsafe bloom.probe(
                        text, from: first, through: last, bits, multiplier: Self.multiplier, shift: Self.shift, into: room)
                }
            }
        }
        return places.prefix(count).map(Int.init)
    }

    @Test(arguments: [2, 3, 4], [1, 50, 2000])
    func theWindowsOfTheSetPassAndFewOthers(width: Int, count: Int) {
        var random = SeededRandom(seed: UInt64(width * 10_000 + count))
        let text = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        func window(_ place: Int) -> UInt64 { (0..<width).reduce(0) { $0 | UInt64(text[place + $1]) << UInt64(8 * $1) } }
        let known = Set((0..<count).map { _ in Int.random(in: 0...text.count - width, using: &random) })
        let bloom = WindowBloom(known.map(window), width: width)
        var exact = [UInt64](repeating: 0, count: 1 << 12)
        for place in known {
            let hash = (window(place) &* Self.multiplier) >> Self.shift
            exact[Int(hash >> 6)] |= 1 << (hash & 63)
        }
        let last = text.count - width
        let all = [UInt64](repeating: .max, count: 1 << 12)
        let passed = Set(places(bloom, text, from: 0, through: last, all))
        #expect(known.isSubset(of: passed))
        let falseRate = Double(passed.subtracting(known).count) / Double(text.count)
        #expect(falseRate < 2 * WindowBloom.falsePassRate(count) + (width == 2 ? 0.06 : 0.01))
        // The bits decide next, and only the places that were asked for come back, in order.
        let inPart = places(bloom, text, from: 100, through: 1163, exact)
        #expect(inPart == inPart.sorted() && inPart.allSatisfy { (100...1163).contains($0) })
        #expect(known.filter { (100...1163).contains($0) }.isSubset(of: inPart))
        #expect(places(bloom, text, from: 0, through: last, [UInt64](repeating: 0, count: 1 << 12)).isEmpty)
    }
}
