/// Reads big-endian fields one after the other; every read past the end gives nil and moves nothing.
struct ByteCursor {
    private let bytes: [UInt8]
    private(set) var at: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        at = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        at = range.lowerBound
        end = range.upperBound
    }

    var left: Int { end - at }
    var isEmpty: Bool { at == end }

    mutating func uint8() -> UInt8? {
        guard left >= 1 else { return nil }
        defer { at += 1 }
        return bytes[at]
    }

    mutating func uint16() -> UInt16? {
        guard left >= 2 else { return nil }
        defer { at += 2 }
        return UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
    }

    mutating func uint24() -> Int? {
        guard left >= 3 else { return nil }
        defer { at += 3 }
        return Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
    }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, left >= count else { return nil }
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    /// The next `count` bytes as a cursor of their own.
    mutating func part(_ count: Int) -> ByteCursor? {
        guard count >= 0, left >= count else { return nil }
        defer { at += count }
        return ByteCursor(bytes, at..<at + count)
    }

    /// A vector with a length of one byte (RFC 8446, section 3.4).
    mutating func vector8() -> ByteCursor? {
        var copy = self
        guard let count = copy.uint8(), let part = copy.part(Int(count)) else { return nil }
        self = copy
        return part
    }

    /// A vector with a length of two bytes.
    mutating func vector16() -> ByteCursor? {
        var copy = self
        guard let count = copy.uint16(), let part = copy.part(Int(count)) else { return nil }
        self = copy
        return part
    }

    /// Everything that is left.
    mutating func rest() -> [UInt8] {
        defer { at = end }
        return Array(bytes[at..<end])
    }

    /// What is left as numbers of two bytes; an odd last byte is left out.
    mutating func uint16s() -> [UInt16] {
        var numbers: [UInt16] = []
        numbers.reserveCapacity(left / 2)
        while let number = uint16() { numbers.append(number) }
        return numbers
    }
}
