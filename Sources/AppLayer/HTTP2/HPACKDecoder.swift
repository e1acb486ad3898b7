/// Header blocks of one direction (RFC 7541, section 6). The table outlives a block: after a failure no later
/// block can be read.
struct HPACKDecoder {
    enum Failure: Error {
        /// A representation that means nothing: an unknown index, a bad string, a size update where none may be.
        case invalid
        case integerOverflow
        /// The block ends within a representation.
        case truncated
        /// More than the limits allow.
        case tooLarge
    }

    /// What a block decoded to, also as far as it went before a failure.
    struct Output {
        var fields: [HTTPMessage.Header] = []
        var sizeUpdates: [UInt64] = []
        /// Bytes of names and values.
        var byteCount = 0
    }

    private var table = HPACKTable()
    var tableBytes: Int { table.size }
    private let tableLimit: Int
    /// Bytes of names and values, and fields, that one block may have.
    private let byteLimit: Int
    private let fieldLimit: Int

    init(limits: AppLayerLimits) {
        tableLimit = limits.http2MaxTableSize
        byteLimit = 4 * limits.httpLineLimit
        fieldLimit = limits.httpHeaderCountLimit
    }

    mutating func decode(_ block: [UInt8], into output: inout Output) throws(Failure) {
        var rest = block[...]
        while let first = rest.first {
            switch first {
            case 0x80...: try add(try field(try Self.integer(&rest, prefix: 7)), to: &output)
            case 0x40...:
                let field = try literal(&rest, prefix: 6)
                table.insert(field)
                try add(field, to: &output)
            case 0x20...: try update(try Self.integer(&rest, prefix: 5), &output)
            // Without indexing, or never to be indexed.
            default: try add(try literal(&rest, prefix: 4), to: &output)
            }
        }
    }

    private func add(_ field: HTTPMessage.Header, to output: inout Output) throws(Failure) {
        output.byteCount += field.name.count + field.value.count
        guard output.byteCount <= byteLimit, output.fields.count < fieldLimit else { throw .tooLarge }
        output.fields.append(field)
    }

    /// Section 4.2: only at the beginning of a block.
    private mutating func update(_ size: UInt64, _ output: inout Output) throws(Failure) {
        guard output.fields.isEmpty, output.sizeUpdates.count < 16 else { throw .invalid }
        output.sizeUpdates.append(size)
        guard size <= UInt64(tableLimit) else { throw .tooLarge }
        table.resize(Int(size))
    }

    private func field(_ number: UInt64) throws(Failure) -> HTTPMessage.Header {
        guard let field = table[number] else { throw .invalid }
        return field
    }

    private func literal(_ rest: inout ArraySlice<UInt8>, prefix: UInt8) throws(Failure) -> HTTPMessage.Header {
        let number = try Self.integer(&rest, prefix: prefix)
        let name = number == 0 ? try Self.string(&rest) : try field(number).name
        return HTTPMessage.Header(name: name, value: try Self.string(&rest))
    }

    /// Section 5.1. Ten bytes hold every number that fits 64 bits; what is larger than 32 means nothing here.
    static func integer(_ rest: inout ArraySlice<UInt8>, prefix: UInt8) throws(Failure) -> UInt64 {
        guard let first = rest.popFirst() else { throw .truncated }
        let mask: UInt8 = (1 << prefix) &- 1
        var value = UInt64(first & mask)
        guard first & mask == mask else { return value }
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            guard shift <= 63, shift < 32 || byte & 0x7f == 0 else { throw .integerOverflow }
            value &+= UInt64(byte & 0x7f) << shift
            guard value <= UInt64(UInt32.max) else { throw .integerOverflow }
            guard byte & 0x80 != 0 else { return value }
            shift += 7
        }
        throw .truncated
    }

    /// Section 5.2.
    private static func string(_ rest: inout ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
        guard let first = rest.first else { throw .truncated }
        let count = try integer(&rest, prefix: 7)
        guard count <= UInt64(rest.count) else { throw .truncated }
        let bytes = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        guard first & 0x80 != 0 else { return Array(bytes) }
        guard let text = HPACKHuffman.decode(bytes) else { throw .invalid }
        return text
    }
}
