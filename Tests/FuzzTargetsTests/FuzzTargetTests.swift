import FuzzTargets
import TestSupport
import Testing

/// What `make fuzz` runs for long, over the seeds and a few changed copies of each.
struct FuzzTargetTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func seedsAndChangedSeedsKeepThePromises(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        var random = SeededRandom(seed: 1)
        let seeds = target.seeds()
        #expect(!seeds.isEmpty)
        for seed in seeds {
            try target.run(seed)
            for _ in 0..<2 {
                let input = Mutation.change(seed, target.words, &random)
                do { try target.run(input) } catch { Issue.record("\(name): \(error) for \(input)") }
            }
        }
        try target.run([])
    }

    @Test func namesAreUnique() {
        #expect(Set(FuzzTarget.all.map(\.name)).count == FuzzTarget.all.count)
    }
}

enum Mutation {
    /// A few bytes changed, taken away, doubled or put in.
    static func change(_ input: [UInt8], _ words: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
        var result = input
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...result.count, using: &random)
            let end = min(result.count, place + Int.random(in: 1...8, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where place < result.count: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where place < result.count: result[place] = [0, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
            case 2: result.removeSubrange(place..<end)
            case 3: result.insert(contentsOf: Array(result[place..<end]), at: place)
            default: result.insert(contentsOf: words.randomElement(using: &random) ?? [0], at: place)
            }
        }
        return result
    }
}
