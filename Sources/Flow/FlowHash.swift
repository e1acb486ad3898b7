/// SipHash-1-3 over the words of a flow key. Keyed, so that nobody outside can aim flows at one
/// bucket; the key comes from the configuration, so that a replay is repeatable.
struct FlowHash: Sendable {
    private let key: (UInt64, UInt64)

    init(_ key: (UInt64, UInt64)) { self.key = key }

    private struct State {
        var v0: UInt64, v1: UInt64, v2: UInt64, v3: UInt64

        @inline(__always)
        mutating func round() {
            v0 &+= v1
            v2 &+= v3
            v1 = (v1 &<< 13 | v1 &>> 51) ^ v0
            v3 = (v3 &<< 16 | v3 &>> 48) ^ v2
            v0 = v0 &<< 32 | v0 &>> 32
            v2 &+= v1
            v0 &+= v3
            v1 = (v1 &<< 17 | v1 &>> 47) ^ v2
            v3 = (v3 &<< 21 | v3 &>> 43) ^ v0
            v2 = v2 &<< 32 | v2 &>> 32
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            v0 ^= word
        }
    }

    private func state() -> State {
        State(
            v0: key.0 ^ 0x736f_6d65_7073_6575, v1: key.1 ^ 0x646f_7261_6e64_6f6d,
            v2: key.0 ^ 0x6c79_6765_6e65_7261, v3: key.1 ^ 0x7465_6462_7974_6573)
    }

    private func finish(_ state: State, byteCount: UInt64) -> UInt64 {
        var s = state
        s.absorb(byteCount << 56)
        s.v2 ^= 0xff
        s.round()
        s.round()
        s.round()
        return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
    }

    func hash(_ key: FlowKey) -> UInt64 {
        var s = state()
        s.absorb(key.lowHigh)
        s.absorb(key.lowLow)
        s.absorb(key.highHigh)
        s.absorb(key.highLow)
        s.absorb(key.portsAndProtocol)
        s.absorb(key.place)
        return finish(s, byteCount: 48)
    }

    func hash(_ key: FlowKey, _ word: UInt64) -> UInt64 {
        var s = state()
        s.absorb(hash(key))
        s.absorb(word)
        return finish(s, byteCount: 16)
    }

    func hash(_ words: (UInt64, UInt64, UInt64, UInt64, UInt64)) -> UInt64 {
        var s = state()
        s.absorb(words.0)
        s.absorb(words.1)
        s.absorb(words.2)
        s.absorb(words.3)
        s.absorb(words.4)
        return finish(s, byteCount: 40)
    }
}
