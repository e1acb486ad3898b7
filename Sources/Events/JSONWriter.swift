/// Appends JSON to a byte buffer, member by member, in the order of the calls.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    /// Whether the innermost object or array has a member already.
    private var hasMember: [Bool] = []

    public init() {}

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        hasMember.removeAll(keepingCapacity: true)
    }

    public mutating func object(_ key: StaticString? = nil, _ members: (inout JSONWriter) -> Void) {
        start(key, UInt8(ascii: "{"))
        members(&self)
        end(UInt8(ascii: "}"))
    }

    public mutating func array(_ key: StaticString, _ elements: (inout JSONWriter) -> Void) {
        start(key, UInt8(ascii: "["))
        elements(&self)
        end(UInt8(ascii: "]"))
    }

    public mutating func member(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        name(key)
        string(value.utf8)
    }

    /// Text of unknown encoding, as it came from the wire.
    public mutating func member(_ key: StaticString, bytes value: [UInt8]?) {
        guard let value else { return }
        name(key)
        string(value)
    }

    /// Text of unknown encoding, from a protocol whose fields may hold any byte: what is not UTF-8 as a
    /// whole has its bytes past ASCII written as `\\xHH`, so that nothing is lost.
    public mutating func member(_ key: StaticString, escaping value: [UInt8]?) {
        guard let value else { return }
        name(key)
        string(Self.escaped(value))
    }

    public mutating func element(escaping value: [UInt8]) {
        separate()
        string(Self.escaped(value))
    }

    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        if String(validating: bytes, as: UTF8.self) != nil { return bytes }
        return bytes.flatMap { $0 < 0x80 ? [$0] : Array("\\x\(Printable.hex([$0]))".utf8) }
    }

    public mutating func member(_ key: StaticString, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        name(key)
        digits(value)
    }

    public mutating func member(_ key: StaticString, _ value: Bool) {
        name(key)
        bytes += (value ? "true" : "false").utf8
    }

    public mutating func element(_ value: String) {
        separate()
        string(value.utf8)
    }

    public mutating func element(_ value: some BinaryInteger) {
        separate()
        digits(value)
    }

    /// An object under a name that is only known at run time.
    public mutating func object(named key: String, _ members: (inout JSONWriter) -> Void) {
        name(key)
        open(UInt8(ascii: "{"))
        members(&self)
        end(UInt8(ascii: "}"))
    }

    public mutating func array(named key: String, _ elements: (inout JSONWriter) -> Void) {
        name(key)
        open(UInt8(ascii: "["))
        elements(&self)
        end(UInt8(ascii: "]"))
    }

    public mutating func member(named key: String, _ value: String) {
        name(key)
        string(value.utf8)
    }

    public mutating func member(named key: String, _ value: UInt64) {
        name(key)
        digits(value)
    }

    public mutating func member(named key: String, _ value: Double) {
        name(key)
        bytes += value.description.utf8
    }

    public mutating func member(named key: String, bytes value: [UInt8]) {
        name(key)
        string(value)
    }

    /// A value that is JSON already.
    public mutating func member(named key: String, json value: String) {
        name(key)
        bytes += value.utf8
    }

    public mutating func newline() { bytes.append(0x0a) }

    /// In decimal.
    private mutating func digits(_ value: some BinaryInteger) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = UInt64(truncatingIfNeeded: value.magnitude)
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for place in first..<20 { bytes.append(digits[place]) }
    }

    private mutating func start(_ key: StaticString?, _ bracket: UInt8) {
        if let key { name(key) } else { separate() }
        open(bracket)
    }

    private mutating func open(_ bracket: UInt8) {
        bytes.append(bracket)
        hasMember.append(false)
    }

    private mutating func end(_ bracket: UInt8) {
        hasMember.removeLast()
        bytes.append(bracket)
    }

    private mutating func separate() {
        guard let last = hasMember.indices.last else { return }
        if hasMember[last] { bytes.append(UInt8(ascii: ",")) }
        hasMember[last] = true
    }

    private mutating func name(_ key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        // SAFETY: the key's bytes are part of the program; they are only copied from.
        key.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes += [UInt8(ascii: "\""), UInt8(ascii: ":")]
    }

    private mutating func name(_ key: String) {
        separate()
        string(key.utf8)
        bytes.append(UInt8(ascii: ":"))
    }

    /// A JSON string (RFC 8259, section 7); bytes that are not UTF-8 become U+FFFD.
    private mutating func string(_ text: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        if text.allSatisfy(Self.isPlain) { bytes.append(contentsOf: text) } else { escape(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Printable ASCII that stands for itself.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte &- 0x20 < 0x5f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func escape(_ text: some Collection<UInt8>) {
        var decoder = UTF8()
        var iterator = text.makeIterator()
        decoding: while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): append(scalar)
            case .error: bytes += "\u{FFFD}".utf8
            case .emptyInput: break decoding
            }
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x22: bytes += "\\\"".utf8
        case 0x5c: bytes += "\\\\".utf8
        case 0x08: bytes += "\\b".utf8
        case 0x0c: bytes += "\\f".utf8
        case 0x0a: bytes += "\\n".utf8
        case 0x0d: bytes += "\\r".utf8
        case 0x09: bytes += "\\t".utf8
        case 0..<0x20, 0x7f:
            let digits = String(scalar.value, radix: 16)
            bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        case 0x20..<0x80: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        default: bytes += String(Character(scalar)).utf8
        }
    }
}
