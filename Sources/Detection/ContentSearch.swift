internal import Glibc
import MultiPattern
import Wire

/// One string, and how to find it fast: by its rarest byte, which the C library looks for many bytes at a time.
struct ContentSearch: Sendable {
    let pattern: [UInt8]
    let ignoresCase: Bool
    /// Where the rarest byte stands in the pattern, and that byte in lower and in upper case.
    private let anchor: Int
    private let spellings: (lower: UInt8, upper: UInt8)

    init(_ pattern: [UInt8], ignoresCase: Bool) {
        self.pattern = pattern
        self.ignoresCase = ignoresCase
        let rarity = pattern.map { GramFrequency.of([$0.lowercasedASCII]) }
        anchor = pattern.indices.min { rarity[$0] < rarity[$1] } ?? 0
        let byte = pattern.isEmpty ? 0 : pattern[anchor]
        let isLetter = byte.lowercasedASCII &- UInt8(ascii: "a") < 26
        spellings = ignoresCase && isLetter ? (byte.lowercasedASCII, byte.lowercasedASCII & ~0x20) : (byte, byte)
    }

    /// The first place in `region` where the whole pattern lies in it.
    /// - Parameter mustEnd: it has to end where the bytes end.
    func first(in bytes: Span<UInt8>, _ region: Range<Int>, mustEnd: Bool) -> Int? {
        let length = pattern.count
        let region = max(region.lowerBound, 0)..<max(min(region.upperBound, bytes.count), max(region.lowerBound, 0))
        guard length > 0, region.count >= length else { return nil }
        if mustEnd {
            let at = bytes.count - length
            return region.lowerBound <= at && region.upperBound == bytes.count && equals(bytes, at) ? at : nil
        }
        let last = region.upperBound - length
        var (at, lower, upper) = (region.lowerBound, -1, -1)
        while at <= last {
            if lower < at { lower = place(of: spellings.lower, in: bytes, at, last) }
            if spellings.lower == spellings.upper { upper = .max } else if upper < at {
                upper = place(of: spellings.upper, in: bytes, at, last)
            }
            at = min(lower, upper)
            guard at <= last else { return nil }
            if equals(bytes, at) { return at }
            at += 1
        }
        return nil
    }

    /// The first place from `first` to `last` at which the pattern would have `byte` where its anchor is.
    private func place(of byte: UInt8, in bytes: Span<UInt8>, _ first: Int, _ last: Int) -> Int {
        // SAFETY: the bytes from `first + anchor` to `last + anchor` lie in the span, because the pattern does at `last`.
        unsafe bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let hit = unsafe memchr(base + first + anchor, Int32(byte), last - first + 1)
            else { return .max }
            return unsafe UnsafeRawPointer(hit) - (base + anchor)
        }
    }

    private func equals(_ bytes: Span<UInt8>, _ at: Int) -> Bool {
        for index in pattern.indices {
            let (a, b) = (bytes[at + index], pattern[index])
            if a != b, !ignoresCase || a.lowercasedASCII != b.lowercasedASCII { return false }
        }
        return true
    }
}
