/// Distinguished encoding of ASN.1 (X.690): the elements of one constructed value, one after the other.
struct DERReader {
    /// `length`: the header is cut; `content`: the element is longer than what holds it.
    enum Failure: Error { case length, content, tag }

    struct Element {
        let tag: UInt8
        let content: ByteCursor
        /// The element with its header.
        let whole: [UInt8]
    }

    private var cursor: ByteCursor

    init(_ cursor: ByteCursor) { self.cursor = cursor }

    var isEmpty: Bool { cursor.isEmpty }

    mutating func next() throws(Failure) -> Element {
        let start = cursor
        guard let tag = cursor.uint8(), let first = cursor.uint8() else { throw .length }
        // High tag numbers and indefinite lengths have no place in certificates.
        guard tag & 0x1f != 0x1f, first != 0x80 else { throw .tag }
        var length = Int(first)
        if first > 0x80 {
            guard first <= 0x84 else { throw .length }
            length = 0
            for _ in 0..<(first & 0x7f) {
                guard let byte = cursor.uint8() else { throw .length }
                length = length << 8 | Int(byte)
            }
        }
        guard let content = cursor.part(length) else { throw .content }
        var whole = start
        return Element(tag: tag, content: content, whole: whole.take(start.left - cursor.left) ?? [])
    }

    /// The next element, which must have this tag.
    mutating func next(_ tag: UInt8) throws(Failure) -> ByteCursor {
        let element = try next()
        guard element.tag == tag else { throw .tag }
        return element.content
    }

    /// The tag of the next element, without reading it.
    var upcomingTag: UInt8? {
        var copy = cursor
        return copy.uint8()
    }
}

/// Tags of universal types as certificates use them.
enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let octetString: UInt8 = 0x04
    static let objectIdentifier: UInt8 = 0x06
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
}
