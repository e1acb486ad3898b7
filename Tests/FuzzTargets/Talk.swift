import Wire

/// What two ends say to each other, in the form that fuzz inputs have: bytes of the client, and after each
/// `switchMark` bytes of the other end. A `gapMark` stands for bytes that never came by.
struct Talk: Sendable {
    enum Step: Sendable {
        case bytes([UInt8], Direction)
        case gap(UInt64, Direction)
    }

    static let switchMark: [UInt8] = [1, 0x3c, 0x3e, 1]
    static let gapMark: [UInt8] = [1, 0x3c, 0x21, 1]
    static let gapLength: UInt64 = 7

    private(set) var steps: [Step] = []
    private(set) var hasGap = false

    init(_ input: some Collection<UInt8>) {
        let input = Array(input)
        var direction = Direction.toServer
        var start = 0
        var index = 0
        while index < input.count {
            let isSwitch = Self.mark(Self.switchMark, input, at: index)
            guard isSwitch || Self.mark(Self.gapMark, input, at: index) else {
                index += 1
                continue
            }
            append(input[start..<index], direction)
            if isSwitch { direction = direction.reversed } else { appendGap(direction) }
            index += Self.switchMark.count
            start = index
        }
        append(input[start...], direction)
    }

    /// The input that reads as these turns, the client's first.
    static func input(_ turns: [[UInt8]]) -> [UInt8] { Array(turns.joined(separator: switchMark)) }
    static func input(_ turns: String...) -> [UInt8] { input(turns.map { Array($0.utf8) }) }

    private mutating func append(_ bytes: ArraySlice<UInt8>, _ direction: Direction) {
        if !bytes.isEmpty { steps.append(.bytes(Array(bytes), direction)) }
    }

    private mutating func appendGap(_ direction: Direction) {
        steps.append(.gap(Self.gapLength, direction))
        hasGap = true
    }

    private static func mark(_ mark: [UInt8], _ input: [UInt8], at index: Int) -> Bool {
        input[index] == mark[0] && input[index...].starts(with: mark)
    }
}
