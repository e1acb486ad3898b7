import TestSupport

/// How a sender's bytes are cut into segments.
enum Cutting: Sendable {
    case whole
    case bytes
    /// Pieces of 1 to 64 bytes, short ones more often.
    case pieces(seed: UInt64)

    func lengths(of count: Int) -> [Int] {
        switch self {
        case .whole: return [count]
        case .bytes: return [Int](repeating: 1, count: count)
        case .pieces(let seed):
            var random = SeededRandom(seed: seed)
            var lengths: [Int] = []
            var left = count
            while left > 0 {
                let largest = [1, 3, 8, 64][Int.random(in: 0..<4, using: &random)]
                let length = min(left, Int.random(in: 1...largest, using: &random))
                lengths.append(length)
                left -= length
            }
            return lengths
        }
    }

    /// Whole, and one of the other ways; which one follows from the input.
    static func ways(for input: [UInt8]) -> [Cutting] {
        let fingerprint = input.fingerprint
        return [.whole, fingerprint % 2 == 0 ? .bytes : .pieces(seed: fingerprint)]
    }
}
