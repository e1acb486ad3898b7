import Wire

/// Undoes a `Content-Transfer-Encoding` (RFC 2045, section 6) piece by piece.
struct TransferDecoder {
    enum Encoding { case identity, base64, quotedPrintable }

    let encoding: Encoding
    /// Something was there that the encoding does not have.
    private(set) var hasProblem = false
    private var bits: UInt32 = 0
    private var digits = 0
    /// A `=` and what followed it, until it is known what it means.
    private var escape: [UInt8] = []

    init(_ encoding: Encoding = .identity) { self.encoding = encoding }

    /// - Parameter name: the header's value.
    init(named name: [UInt8]) {
        let name = name.trimmingSpace
        if name.isEqualIgnoringCase("base64") {
            self.init(.base64)
        } else {
            self.init(name.isEqualIgnoringCase("quoted-printable") ? .quotedPrintable : .identity)
        }
    }

    mutating func decode(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
        switch encoding {
        case .identity: output += bytes
        case .base64: for byte in bytes { takeDigit(byte, &output) }
        case .quotedPrintable: for byte in bytes { takeQuoted(byte, &output) }
        }
    }

    /// What is held is all there is.
    mutating func finish(into output: inout [UInt8]) {
        flushDigits(&output)
        output += escape
        escape = []
    }

    /// Bytes outside the alphabet are passed over (RFC 2045, section 6.8), and text may follow padding: some
    /// readers go on there.
    private mutating func takeDigit(_ byte: UInt8, _ output: inout [UInt8]) {
        guard let value = Base64.value(byte) else {
            if byte == UInt8(ascii: "=") { return flushDigits(&output) }
            if byte > 0x20 { hasProblem = true }
            return
        }
        bits = bits << 6 | UInt32(value)
        digits += 1
        guard digits == 4 else { return }
        output.append(UInt8(truncatingIfNeeded: bits >> 16))
        output.append(UInt8(truncatingIfNeeded: bits >> 8))
        output.append(UInt8(truncatingIfNeeded: bits))
        (bits, digits) = (0, 0)
    }

    private mutating func flushDigits(_ output: inout [UInt8]) {
        if digits == 1 { hasProblem = true }
        if digits == 2 { output.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if digits == 3 {
            output.append(UInt8(truncatingIfNeeded: bits >> 10))
            output.append(UInt8(truncatingIfNeeded: bits >> 2))
        }
        (bits, digits) = (0, 0)
    }

    /// `=XX` is a byte, `=` before blanks and a line's end is nothing (RFC 2045, section 6.7); any other `=` stands for itself.
    private mutating func takeQuoted(_ byte: UInt8, _ output: inout [UInt8]) {
        guard !escape.isEmpty else {
            if byte == UInt8(ascii: "=") { escape = [byte] } else { output.append(byte) }
            return
        }
        let isSoftBreak = escape.count == 1 || escape[1] <= 0x20
        if byte == 0x0a, isSoftBreak {
            escape = []
        } else if byte == 0x20 || byte == 0x09 || byte == 0x0d, isSoftBreak, escape.count < 64 {
            escape.append(byte)
        } else if escape.count == 1, byte.hexadecimalDigit != nil {
            escape.append(byte)
        } else if escape.count == 2, let high = escape[1].hexadecimalDigit, let low = byte.hexadecimalDigit {
            output.append(high << 4 | low)
            escape = []
        } else {
            hasProblem = true
            output += escape
            escape = []
            takeQuoted(byte, &output)
        }
    }
}
