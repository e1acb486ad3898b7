import Wire

/// One request or response as far as it has come (RFC 9112).
///
/// A class like the transaction that it belongs to: as a value each look at it would copy a dozen references.
public final class HTTPMessage {
    public enum Progress: UInt8, Comparable, Sendable {
        case none = 0
        case line = 1
        case headers = 2
        case complete = 255
        public static func < (a: Progress, b: Progress) -> Bool { a.rawValue < b.rawValue }
    }

    public struct Header: Sendable {
        /// As sent.
        public var name: [UInt8]
        /// Without blanks around it; folded lines joined by one blank.
        public var value: [UInt8]

        /// As a line of a buffer: `Name: value`.
        func append(to bytes: inout [UInt8]) {
            bytes += name
            bytes += [0x3a, 0x20]
            bytes += value
            bytes += [0x0d, 0x0a]
        }

        /// Adds a folded line; one that brings the colon of a line without one makes that a header.
        mutating func fold(_ line: [UInt8]) {
            value += [0x20] + line
            guard name.isEmpty, let colon = value.firstIndex(of: UInt8(ascii: ":")) else { return }
            name = Array(value[..<colon]).trimmingSpace
            value = Array(value[(colon + 1)...]).trimmingBlanks
        }
    }

    var progress = Progress.none
    /// Without its line end.
    public internal(set) var line: [UInt8] = []
    /// Method, target and version, or version, status and reason.
    public internal(set) var first: [UInt8] = []
    public internal(set) var second: [UInt8] = []
    public internal(set) var third: [UInt8] = []
    public internal(set) var headers: [Header] = []
    /// As sent, with line ends and the empty line.
    public internal(set) var rawHeaders: [UInt8] = []
    /// A status from 100 to 199: another response follows (RFC 9110, section 15.2), and this one is not shown before
    /// it turns out that none does.
    var isInterim = false
    public internal(set) var body = BodyWindow()
    /// Bytes of the body as they were sent, before decoding.
    public internal(set) var bodyLength: UInt64 = 0

    var heldBytes: Int {
        256 + line.capacity + first.count + second.count + third.count + body.bytes.capacity + rawHeaders.capacity
            + rawHeaders.count + 96 * headers.count
    }

    public init() {}

    /// Nothing is matched across bytes that never came.
    func skipBody(_ length: UInt64) {
        bodyLength &+= length
        body.offset = body.total &+ length
        body.bytes = []
    }

    /// As `value(_:)`, for a name that the operator gave; any case.
    public func value(named name: String) -> [UInt8]? {
        let name = name.utf8.map(\.lowercasedASCII)
        var result: [UInt8]?
        for header in headers where header.name.count == name.count && zip(header.name, name).allSatisfy({ $0.lowercasedASCII == $1 }) {
            if result == nil { result = header.value } else { result?.append(contentsOf: [0x2c, 0x20] + header.value) }
        }
        return result
    }

    /// All values of a header, joined as RFC 9110, section 5.3 says. `name` is in lower case.
    public func value(_ name: StaticString) -> [UInt8]? {
        var result: [UInt8]?
        for header in headers where header.name.isEqualIgnoringCase(name) {
            if result == nil { result = header.value } else { result?.append(contentsOf: [0x2c, 0x20] + header.value) }
        }
        return result
    }
}

/// The part of a body that is held.
public struct BodyWindow: Sendable {
    public internal(set) var bytes: [UInt8] = []
    /// Offset of `bytes[0]` in the decoded body.
    public internal(set) var offset: UInt64 = 0
    public internal(set) var isComplete = false

    public var total: UInt64 { offset &+ UInt64(bytes.count) }
}

extension [UInt8] {
    /// NUL bytes do not count: receivers written in C pass over them or never see them.
    func isEqualIgnoringCase(_ name: StaticString) -> Bool {
        // SAFETY: the name's bytes are part of the program; they are only read, within their count.
        name.withUTF8Buffer { name in
            var at = 0
            for byte in self where byte != 0 {
                guard at < name.count, unsafe byte.lowercasedASCII == name[at] else { return false }
                at += 1
            }
            return at == name.count
        }
    }

    func containsIgnoringCase(_ word: StaticString) -> Bool {
        let other = Array(word.description.utf8)
        guard count >= other.count else { return false }
        for start in 0...(count - other.count) {
            var index = 0
            while index < other.count, self[start + index].lowercasedASCII == other[index] { index += 1 }
            if index == other.count { return true }
        }
        return false
    }

    var trimmingSpace: [UInt8] { Array(self[...].trimmingSpace) }
    var trimmingBlanks: [UInt8] { Array(self[...].trimmingBlanks) }
}

extension ArraySlice<UInt8> {
    /// Without blanks, control characters and NUL at both ends.
    var trimmingSpace: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { $0 > 0x20 }), let last = lastIndex(where: { $0 > 0x20 }) else { return [] }
        return self[first...last]
    }

    var trimmingBlanks: ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first == 0x20 || first == 0x09 { slice = slice.dropFirst() }
        while let last = slice.last, last == 0x20 || last == 0x09 || last == 0x0d { slice = slice.dropLast() }
        return slice
    }
}
