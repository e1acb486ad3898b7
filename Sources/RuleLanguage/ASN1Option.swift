/// `asn1`: oddities of BER-encoded data (https://docs.suricata.io/en/suricata-8.0.0/rules/payload-keywords.html).
public struct ASN1Option: Sendable {
    public enum Place: Sendable { case start, absolute(Int), relative(Int) }
    public var findsBitstringOverflow = false
    public var findsDoubleOverflow = false
    /// Lengths above it match.
    public var oversizeLength: UInt64?
    public var place = Place.start
    public init() {}
}

extension OptionReader {
    func asn1(_ value: Field) throws(RuleError) -> ASN1Option {
        var option = ASN1Option()
        for part in value.parts(",") {
            let words = part.words
            switch (words.first?.text, words.count) {
            case ("bitstring_overflow", 1): option.findsBitstringOverflow = true
            case ("double_overflow", 1): option.findsDoubleOverflow = true
            case ("oversize_length", 2): option.oversizeLength = UInt64(try words[1].unsigned32("oversize_length"))
            case ("absolute_offset", 2):
                option.place = .absolute(Int(try words[1].integer(in: -65_535...65_535, "absolute_offset")))
            case ("relative_offset", 2):
                option.place = .relative(Int(try words[1].integer(in: -65_535...65_535, "relative_offset")))
            default:
                throw RuleError(
                    "'\(part.text)' is not known in asn1: expected bitstring_overflow, double_overflow, "
                        + "oversize_length N, absolute_offset N or relative_offset N", at: part)
            }
        }
        return option
    }
}
