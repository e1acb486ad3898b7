import RuleLanguage

/// One payload option, ready to run: variables are slots instead of names.
enum Step: Sendable {
    case content(Content)
    case pcre(CompiledPCRE, isRelative: Bool, isNegated: Bool)
    case isDataAt(Number, isRelative: Bool, isNegated: Bool)
    case byteTest(ByteTest, length: Number, value: Number, offset: Number)
    case byteJump(ByteJump, length: Number, offset: Number)
    case byteExtract(ByteExtract, offset: Number, slot: Int)
    case byteMath(ByteMath, length: Number, offset: Number, value: Number, slot: Int)
    case bsize(NumberTest)
    case absent(orElse: Bool)
    case dataset(DatasetTest)
    case base64Decode(Base64Decode)
    case entropy(EntropyTest)
    case asn1(ASN1Test)
    case ftpBounce
    case rpc(RPCOption)

    enum Number: Sendable {
        case constant(Int)
        case slot(Int)
    }

    struct Content: Sendable {
        let search: ContentSearch
        let isNegated: Bool
        let isRelative: Bool
        let offset: Number?
        let depth: Number?
        let distance: Number?
        let within: Number?
        let startsWith: Bool
        let endsWith: Bool
        let replacement: [UInt8]?

        var mayLieAnywhere: Bool { !isRelative && offset == nil && depth == nil && !startsWith && !endsWith }
    }

    /// Whether the step's place depends on where the one before it matched.
    var isRelative: Bool {
        switch self {
        case .content(let content): content.isRelative
        case .pcre(_, let isRelative, _): isRelative
        case .isDataAt(_, let isRelative, _): isRelative
        case .byteTest(let test, _, _, _): test.isRelative
        case .byteJump(let jump, _, _): jump.isRelative
        case .byteExtract(let extract, _, _): extract.isRelative
        case .byteMath(let math, _, _, _, _): math.isRelative
        case .base64Decode(let decode): decode.isRelative
        case .asn1(let test): if case .relative = test.option.place { true } else { false }
        case .bsize, .absent, .dataset, .entropy, .ftpBounce, .rpc: false
        }
    }
}
