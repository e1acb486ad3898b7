/// Bytes from hexadecimal digits; spaces, line ends and `# comments` are passed over.
/// Traps on anything else: test data is written by hand.
public func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        let code = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
        precondition(code.count % 2 == 0, "odd number of hex digits in \(line)")
        var rest = Substring(code)
        while let pair = rest.isEmpty ? nil : rest.prefix(2) {
            guard let byte = UInt8(pair, radix: 16) else { preconditionFailure("not hex: \(pair)") }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
    }
    return bytes
}
