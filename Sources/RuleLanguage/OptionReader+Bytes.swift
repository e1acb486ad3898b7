/// Options that read numbers out of a buffer, and those on a buffer's length.
extension OptionReader {
    mutating func readByteOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "isdataat": append(.isDataAt(try isDataAt(try required(value, keyword))), at: keyword)
        case "byte_test": append(.byteTest(try byteTest(try required(value, keyword))), at: keyword)
        case "byte_jump": append(.byteJump(try byteJump(try required(value, keyword))), at: keyword)
        case "byte_extract": append(.byteExtract(try byteExtract(try required(value, keyword))), at: keyword)
        case "byte_math": append(.byteMath(try byteMath(try required(value, keyword))), at: keyword)
        case "bsize": append(.bsize(try NumberTest(try required(value, keyword))), at: keyword)
        case "base64_decode": append(.base64Decode(try base64(value)), at: keyword)
        case "absent": try readAbsent(keyword, value)
        case "entropy": append(.entropy(arguments: try required(value, keyword).text), at: keyword)
        case "asn1": append(.asn1(try asn1(try required(value, keyword))), at: keyword)
        case "ftpbounce":
            try none(value, keyword)
            append(.ftpBounce, at: keyword)
        case "dataset", "datarep":
            append(.dataset(try dataset(try required(value, keyword), isReputation: name == "datarep")), at: keyword)
        default: return false
        }
        return true
    }

    private mutating func readAbsent(_ keyword: Field, _ value: Field?) throws(RuleError) {
        guard value == nil || value?.text == "or_else" else {
            throw RuleError("expected 'absent' alone or 'absent: or_else'", at: value ?? keyword)
        }
        guard buffer != nil else { throw RuleError("'absent' needs a sticky buffer before it", at: keyword) }
        if let last = lastPayload, last.buffer == buffer, last.instance == instance {
            throw RuleError("'absent' must be the first option after its sticky buffer", at: keyword)
        }
        append(.absent(orElse: value != nil), at: keyword)
    }

    func numberOrVariable(_ field: Field, _ range: ClosedRange<Int64>) throws(RuleError) -> NumberOrVariable {
        guard let first = field.first, first.isNameByte || first == UInt8(ascii: "+") else {
            throw RuleError("expected a number or a variable", at: field)
        }
        let isNumber = first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || (0x30...0x39).contains(first)
        if isNumber { return .number(try field.integer(in: range, "the number")) }
        guard variables.contains(field.text) else {
            throw RuleError("no byte_extract or byte_math before this made a variable '\(field.text)'", at: field)
        }
        return .variable(field.text)
    }

    /// Names made by `byte_extract` and `byte_math` so far.
    private var variables: Set<String> {
        var names: Set<String> = []
        for case .payload(let option) in rule.options {
            switch option.match {
            case .byteExtract(let extract): names.insert(extract.name)
            case .byteMath(let math): names.insert(math.result)
            default: break
            }
        }
        return names
    }

    private func isDataAt(_ value: Field) throws(RuleError) -> IsDataAt {
        var parts = value.parts(",")
        var isNegated = false
        if let rest = parts[0].dropping("!") {
            isNegated = true
            parts[0] = rest
        }
        var result = IsDataAt(position: try numberOrVariable(parts[0], 0...65535))
        result.isNegated = isNegated
        for part in parts.dropFirst() {
            switch part.text {
            case "relative": result.isRelative = true
            case "rawbytes": result.isRawBytes = true
            default: throw RuleError("'\(part.text)' is not a flag of isdataat: expected relative or rawbytes", at: part)
            }
        }
        return result
    }

    private func byteTest(_ value: Field) throws(RuleError) -> ByteTest {
        let parts = value.parts(",")
        guard parts.count >= 4 else { throw RuleError("expected 'bytes, operator, value, offset[, flags]'", at: value) }
        var symbol = parts[1]
        let isNegated = symbol.first == UInt8(ascii: "!")
        if isNegated { symbol = symbol.dropFirst().trimmed }
        let comparisons: [String: ByteTest.Comparison] = [
            "<": .less, ">": .greater, "=": .equal, "<=": .lessOrEqual, ">=": .greaterOrEqual, "&": .bitAnd,
            "^": .bitXor, "": .equal,
        ]
        guard let comparison = comparisons[symbol.text] else {
            throw RuleError("'\(symbol.text)' is not an operator: expected <, >, =, <=, >=, & or ^", at: symbol)
        }
        var test = ByteTest(
            length: try numberOrVariable(parts[0], 0...23), comparison: comparison,
            value: try byteTestValue(parts[2]), offset: try numberOrVariable(parts[3], Int64(Int32.min)...Int64(Int32.max)))
        test.isNegated = isNegated
        var form = NumberForm()
        for part in parts.dropFirst(4) {
            let words = part.words
            switch words.first?.text {
            case "relative": test.isRelative = true
            case "bitmask" where words.count == 2: test.bitmask = try words[1].unsigned32("the bitmask")
            default: try form.read(part)
            }
        }
        test.order = form.order
        test.stringBase = try form.base(at: value)
        try Self.check(length: test.length, form, at: parts[0])
        return test
    }

    /// Up to 64 bits, as a bit pattern.
    private func byteTestValue(_ field: Field) throws(RuleError) -> NumberOrVariable {
        guard let first = field.first, 0x30...0x39 ~= first else {
            return try numberOrVariable(field, Int64(Int32.min)...Int64(UInt32.max))
        }
        return .number(Int64(bitPattern: try field.unsigned()))
    }

    private func byteJump(_ value: Field) throws(RuleError) -> ByteJump {
        let parts = value.parts(",")
        guard parts.count >= 2 else { throw RuleError("expected 'bytes, offset[, flags]'", at: value) }
        var jump = ByteJump(
            length: try numberOrVariable(parts[0], 0...23), offset: try numberOrVariable(parts[1], -65535...65535))
        var form = NumberForm()
        for part in parts.dropFirst(2) {
            let words = part.words
            switch words.first?.text {
            case "relative": jump.isRelative = true
            case "align": jump.alignsToFour = true
            case "from_beginning": jump.origin = .beginning
            case "from_end": jump.origin = .end
            case "multiplier" where words.count == 2:
                jump.multiplier = UInt32(try words[1].integer(in: 1...65535, "the multiplier"))
            case "post_offset" where words.count == 2:
                jump.postOffset = Int32(try words[1].integer(in: -65535...65535, "post_offset"))
            case "bitmask" where words.count == 2: jump.bitmask = try words[1].unsigned32("the bitmask")
            default: try form.read(part)
            }
        }
        jump.order = form.order
        jump.stringBase = try form.base(at: value)
        if jump.length != .number(0) { try Self.check(length: jump.length, form, at: parts[0]) }
        return jump
    }

    private func byteExtract(_ value: Field) throws(RuleError) -> ByteExtract {
        let parts = value.parts(",")
        guard parts.count >= 3 else { throw RuleError("expected 'bytes, offset, name[, flags]'", at: value) }
        var extract = ByteExtract(
            length: Int(try parts[0].integer(in: 1...23, "the count of bytes")),
            offset: try numberOrVariable(parts[1], -65535...65535), name: parts[2].text)
        var form = NumberForm()
        for part in parts.dropFirst(3) {
            let words = part.words
            switch words.first?.text {
            case "relative": extract.isRelative = true
            case "multiplier" where words.count == 2:
                extract.multiplier = UInt32(try words[1].integer(in: 1...65535, "the multiplier"))
            case "align" where words.count == 2:
                extract.alignment = UInt8(try words[1].integer(in: 2...4, "the alignment"))
            default: try form.read(part)
            }
        }
        extract.order = form.order
        extract.stringBase = try form.base(at: value)
        try Self.check(length: .number(Int64(extract.length)), form, at: parts[0])
        return extract
    }

    private func byteMath(_ value: Field) throws(RuleError) -> ByteMath {
        var settings: [String: Field] = [:]
        var isRelative = false
        var form = NumberForm()
        for part in value.parts(",") {
            let words = part.words
            switch words.first?.text {
            case "relative": isRelative = true
            case "dce" where words.count == 1: form.order = .dce
            case "endian" where words.count == 2: try form.read(words[1])
            case let name? where words.count == 2: settings[name] = words[1]
            default: throw RuleError("'\(part.text)' is not a part of byte_math: expected 'name value'", at: part)
            }
        }
        func setting(_ name: String) throws(RuleError) -> Field {
            guard let field = settings[name] else { throw RuleError("byte_math needs '\(name)'", at: value) }
            return field
        }
        let symbol = try setting("oper")
        let operations: [String: ByteMath.Operator] = [
            "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "<<": .shiftLeft, ">>": .shiftRight,
        ]
        guard let operation = operations[symbol.text] else {
            throw RuleError("'\(symbol.text)' is not an operator: expected +, -, *, /, << or >>", at: symbol)
        }
        var math = ByteMath(
            length: try numberOrVariable(try setting("bytes"), 1...10),
            offset: try numberOrVariable(try setting("offset"), -65535...65535), operation: operation,
            value: try numberOrVariable(try setting("rvalue"), 0...Int64(UInt32.max)), result: try setting("result").text)
        math.isRelative = isRelative
        math.order = form.order
        if let base = settings["string"] { math.stringBase = try NumberForm.base(base) }
        if let mask = settings["bitmask"] { math.bitmask = try mask.unsigned32("the bitmask") }
        return math
    }

    private func base64(_ value: Field?) throws(RuleError) -> Base64Decode {
        var result = Base64Decode()
        for part in value?.parts(",") ?? [] {
            let words = part.words
            switch (words.first?.text, words.count) {
            case ("relative", 1): result.isRelative = true
            case ("bytes", 2): result.byteCount = try words[1].unsigned32("bytes")
            case ("offset", 2): result.offset = try words[1].unsigned32("offset")
            default: throw RuleError("expected 'bytes N, offset N, relative'", at: part)
            }
        }
        return result
    }

    private static func check(length: NumberOrVariable, _ form: NumberForm, at field: Field) throws(RuleError) {
        guard case .number(let count) = length, !form.isString else { return }
        guard (1...8).contains(count) else {
            throw RuleError("\(count) bytes can't be read as a binary number: expected 1 to 8", at: field)
        }
    }
}

/// How the bytes of a number are written: byte order, or digits in a base.
struct NumberForm {
    var order = ByteOrder.big
    var isString = false
    private var stringBase: NumberBase?

    mutating func read(_ field: Field) throws(RuleError) {
        switch field.text {
        case "big": order = .big
        case "little": order = .little
        case "dce": order = .dce
        case "string": isString = true
        default: stringBase = try Self.base(field)
        }
    }

    func base(at field: Field) throws(RuleError) -> NumberBase? {
        guard isString else { return nil }
        return stringBase ?? .decimal
    }

    static func base(_ field: Field) throws(RuleError) -> NumberBase {
        switch field.text {
        case "hex": return .hexadecimal
        case "dec": return .decimal
        case "oct": return .octal
        default: throw RuleError("'\(field.text)' is not known here", at: field)
        }
    }
}
