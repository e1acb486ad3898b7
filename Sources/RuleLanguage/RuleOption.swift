/// One detection option of a rule. Options that only describe the rule (`msg`, `sid`, …) stand in
/// `Rule` itself.
public enum RuleOption: Sendable {
    /// Before the value of `frame` in `PayloadOption.buffer`.
    public static let framePrefix = "frame:"

    // Options on a buffer. `PayloadOption.buffer` says which; legacy modifiers (`http_uri` after a
    // content) and sticky buffers (`http.uri` before it) come out the same.
    case payload(PayloadOption)

    // Options on headers, flow and state.
    case flow(FlowOption)
    case flowbits(FlowbitsOption)
    case flowint(FlowintOption)
    case variable(VariableOption)
    /// `xbits` and `hostbits`.
    case hostbits(HostbitsOption)
    /// A number in a header, the flow or a transaction compared with a constant: `ttl`, `dsize`,
    /// `itype`, `tcp.window`, `urilen`, `flow.age`, `http.content_len`, …; the keyword is the
    /// canonical Suricata name without an alias.
    case number(keyword: String, test: NumberTest)
    /// The like, of a transaction that has several numbers (`dns.rrtype`), or of one side of it in a rule on both
    /// (`filesize:to_client,>100`).
    case numbers(keyword: String, test: NumberListTest, direction: FlowOption.Direction?)
    case tcpFlags(TCPFlagsOption)
    case ipOptions(String)
    case fragmentBits(FragmentBitsOption)
    case ipProtocol(negated: Bool, relation: NumberTest)
    case sameIP
    case streamSize(StreamSizeOption)
    /// `flow.pkts`, `flow.bytes`.
    case flowCount(FlowCountOption)
    case appLayerProtocol(name: String, negated: Bool, qualifier: String?)
    /// Of a packet's VLAN tags from the outside in.
    case vlanID(NumberListTest)
    /// `app-layer-event`, `decode-event`, `stream-event`, each with the event's name.
    case event(keyword: String, name: String)
    case threshold(ThresholdOption)
    case detectionFilter(ThresholdOption)
    case tag(TagOption)
    case noAlert
    case prefilter
    case bypass
    case fileHash(FileHashOption)
    case fileStore(FileStoreOption)
    /// A keyword that the language knows, whose arguments the engine interprets itself
    /// (`geoip`, `iprep`, `ssl_version`, `ssl_state`, `asn1`, `rpc`, `lua`, `filestore`, …).
    case other(keyword: String, arguments: String, location: SourceLocation)
}

/// An option that looks at bytes of a buffer.
public struct PayloadOption: Sendable {
    /// Canonical sticky-buffer keyword (`http.uri`, `file.data`, `dns.query`, …); nil is the packet
    /// payload or the raw stream.
    public var buffer: String?
    /// Transforms in order of application (`to_lowercase`, `dotprefix`, `xor`, …).
    public var transforms: [Transform]
    /// Which of the rule's sticky buffers it stands under; those under the same one look at the same instance of a
    /// buffer that there are several of (`dns.query`, `file.data`, …).
    public var instance: Int
    /// The side that a buffer of both is taken from (`http.connection:to_client`); nil is the packet's.
    public var direction: FlowOption.Direction? = nil
    public var match: PayloadMatch
    public var location: SourceLocation
    /// Index of the option's first byte in its file.
    var offset = 0

    public init(
        buffer: String?, transforms: [Transform], instance: Int = 0, match: PayloadMatch, location: SourceLocation
    ) {
        self.buffer = buffer
        self.transforms = transforms
        self.instance = instance
        self.match = match
        self.location = location
    }
}

extension PayloadOption {
    /// Suricata's own name of what is looked at; `content` for the payload.
    public var internalBufferName: String { buffer.map(StickyBuffers.internalName) ?? "content" }

    mutating func takePlace(of other: PayloadOption) {
        buffer = other.buffer
        transforms = other.transforms
        instance = other.instance
        direction = other.direction
    }
}

extension PayloadMatch {
    /// Looked for in the packet in hand, not in the stream.
    public var isOnPacket: Bool {
        switch self {
        case .content(let content): content.replacement != nil
        case .rpc: true
        default: false
        }
    }

    /// Its place depends on where the option before it matched.
    public var isRelative: Bool {
        switch self {
        case .content(let content): content.isRelative
        case .pcre(let pcre): pcre.isRelative
        case .isDataAt(let at): at.isRelative
        case .byteTest(let test): test.isRelative
        case .byteJump(let jump): jump.isRelative
        case .byteExtract(let extract): extract.isRelative
        case .byteMath(let math): math.isRelative
        case .base64Decode(let decode): decode.isRelative
        case .asn1(let asn1): if case .relative = asn1.place { true } else { false }
        case .bsize, .entropy, .absent, .dataset, .ftpBounce, .rpc, .other: false
        }
    }
}

public struct Transform: Hashable, Sendable {
    public var name: String
    public var arguments: String?
    public init(name: String, arguments: String?) {
        self.name = name
        self.arguments = arguments
    }
}

public enum PayloadMatch: Sendable {
    case content(ContentMatch)
    case pcre(PCREMatch)
    case isDataAt(IsDataAt)
    case byteTest(ByteTest)
    case byteJump(ByteJump)
    case byteExtract(ByteExtract)
    case byteMath(ByteMath)
    case bsize(NumberTest)
    case base64Decode(Base64Decode)
    case entropy(arguments: String)
    /// `absent` or `absent: or_else`.
    case absent(orElse: Bool)
    case dataset(DatasetOption)
    case asn1(ASN1Option)
    /// A PORT command of FTP that names another host than its sender.
    case ftpBounce
    case rpc(RPCOption)
    /// A keyword on a buffer that the engine interprets itself (`asn1`, …).
    case other(keyword: String, arguments: String)
}

/// A number written in the rule, or a variable made by `byte_extract` or `byte_math`.
public enum NumberOrVariable: Hashable, Sendable {
    case number(Int64)
    case variable(String)
}

public struct ContentMatch: Sendable {
    public var pattern: [UInt8] = []
    public var isNegated = false
    public var ignoresCase = false
    public var depth: NumberOrVariable? = nil
    public var offset: NumberOrVariable? = nil
    public var distance: NumberOrVariable? = nil
    public var within: NumberOrVariable? = nil
    public var startsWith = false
    public var endsWith = false
    public var isRawBytes = false
    public var fastPattern: FastPattern? = nil
    public var replacement: [UInt8]? = nil
    public var isRelative: Bool { distance != nil || within != nil }

    public enum FastPattern: Hashable, Sendable {
        case whole
        case only
        case chop(offset: Int, length: Int)
    }
    public init() {}
}

public struct PCREMatch: Sendable {
    /// The expression between the slashes, as written.
    public var expression: [UInt8]
    /// PCRE flags (`i`, `m`, `s`, `x`, `A`, `E`, `G`, …) that are left after Suricata's own
    /// (`R`, `B` and the HTTP ones) were taken out and turned into `isRelative` and the buffer.
    public var flags: String
    public var isRelative: Bool
    public var isNegated: Bool
    /// Variables that groups of the expression are kept in.
    public var captures: [PCRECapture]
    public init(expression: [UInt8], flags: String, isRelative: Bool, isNegated: Bool, captures: [PCRECapture]) {
        self.expression = expression
        self.flags = flags
        self.isRelative = isRelative
        self.isNegated = isNegated
        self.captures = captures
    }
}

/// A group of an expression that is kept in a variable when the rule matches: `(?P<flow_name>…)`, or in order
/// `flow:name`, `pkt:name` and `alert:name` after the expression.
public struct PCRECapture: Sendable {
    public enum Kind: UInt8, Sendable { case flow, packet, alert }
    public enum Group: Hashable, Sendable {
        case number(Int)
        case name(String)
    }
    public var kind: Kind
    /// nil where another group of the same match gives the name (`pkt:key` and `pkt:value`).
    public var name: String?
    public var group: Group
    public var isKey = false
    public init(kind: Kind, name: String?, group: Group, isKey: Bool = false) {
        self.kind = kind
        self.name = name
        self.group = group
        self.isKey = isKey
    }
}

/// `flowvar` and `pktvar`: a variable that a capture made holds some bytes.
public struct VariableOption: Sendable {
    public var name: String
    public var content: [UInt8]
    public var isOfPacket: Bool
    public init(name: String, content: [UInt8], isOfPacket: Bool) {
        self.name = name
        self.content = content
        self.isOfPacket = isOfPacket
    }
}

/// `rpc`: a call of ONC RPC (RFC 5531, section 9).
public struct RPCOption: Sendable {
    public var program: UInt32
    /// nil for any.
    public var version: UInt32?
    public var procedure: UInt32?
    public init(program: UInt32, version: UInt32?, procedure: UInt32?) {
        self.program = program
        self.version = version
        self.procedure = procedure
    }
}

public struct IsDataAt: Sendable {
    public var position: NumberOrVariable
    public var isNegated = false
    public var isRelative = false
    public var isRawBytes = false
    public init(position: NumberOrVariable) { self.position = position }
}

public enum NumberBase: UInt8, Sendable { case binary, hexadecimal, decimal, octal }
public enum ByteOrder: UInt8, Sendable { case big, little, dce }

public struct ByteTest: Sendable {
    public enum Comparison: UInt8, Sendable {
        case less, greater, equal, lessOrEqual, greaterOrEqual, bitAnd, bitXor
    }
    public var length: NumberOrVariable
    public var comparison: Comparison
    public var isNegated = false
    public var value: NumberOrVariable
    public var offset: NumberOrVariable
    public var isRelative = false
    public var order = ByteOrder.big
    /// Set: the bytes are digits in this base. nil: binary.
    public var stringBase: NumberBase? = nil
    public var bitmask: UInt32? = nil
    public init(length: NumberOrVariable, comparison: Comparison, value: NumberOrVariable, offset: NumberOrVariable) {
        self.length = length
        self.comparison = comparison
        self.value = value
        self.offset = offset
    }
}

public struct ByteJump: Sendable {
    public enum Origin: UInt8, Sendable { case afterValue, beginning, end }
    public var length: NumberOrVariable
    public var offset: NumberOrVariable
    public var isRelative = false
    public var multiplier: UInt32 = 1
    public var order = ByteOrder.big
    public var stringBase: NumberBase? = nil
    public var alignsToFour = false
    public var origin = Origin.afterValue
    public var postOffset: Int32 = 0
    public var bitmask: UInt32? = nil
    public init(length: NumberOrVariable, offset: NumberOrVariable) {
        self.length = length
        self.offset = offset
    }
}

public struct ByteExtract: Sendable {
    public var length: Int
    public var offset: NumberOrVariable
    public var name: String
    public var isRelative = false
    public var multiplier: UInt32 = 1
    public var order = ByteOrder.big
    public var stringBase: NumberBase? = nil
    public var alignment: UInt8? = nil
    public init(length: Int, offset: NumberOrVariable, name: String) {
        self.length = length
        self.offset = offset
        self.name = name
    }
}

public struct ByteMath: Sendable {
    public enum Operator: UInt8, Sendable { case add, subtract, multiply, divide, shiftLeft, shiftRight }
    public var length: NumberOrVariable
    public var offset: NumberOrVariable
    public var operation: Operator
    public var value: NumberOrVariable
    public var result: String
    public var isRelative = false
    public var order = ByteOrder.big
    public var stringBase: NumberBase? = nil
    public var bitmask: UInt32? = nil
    public init(length: NumberOrVariable, offset: NumberOrVariable, operation: Operator, value: NumberOrVariable, result: String) {
        self.length = length
        self.offset = offset
        self.operation = operation
        self.value = value
        self.result = result
    }
}

public struct Base64Decode: Sendable {
    public var byteCount: UInt32? = nil
    public var offset: UInt32 = 0
    public var isRelative = false
    public init() {}
}

/// Suricata's unsigned-integer syntax: `5`, `!5`, `<5`, `>=5`, `1-5` or `1<>5`, `&0x10`, `&0x10=0`, lists.
public indirect enum NumberTest: Hashable, Sendable {
    case equal(UInt64)
    case notEqual(UInt64)
    case less(UInt64)
    case lessOrEqual(UInt64)
    case greater(UInt64)
    case greaterOrEqual(UInt64)
    /// Inclusive bounds; the exclusive form of Suricata is turned into this one.
    case range(ClosedRange<UInt64>)
    case notRange(ClosedRange<UInt64>)
    case bitmask(mask: UInt64, value: UInt64, isNegated: Bool)
    case any([NumberTest])
    case all([NumberTest])
}

public struct FlowOption: Sendable {
    public enum Direction: UInt8, Sendable { case toServer, toClient }
    public enum State: UInt8, Sendable { case established, notEstablished, stateless }
    public enum Stream: UInt8, Sendable { case onlyStream, noStream }
    public enum Fragment: UInt8, Sendable { case onlyFragment, noFragment }
    public var direction: Direction? = nil
    public var state: State? = nil
    public var stream: Stream? = nil
    public var fragment: Fragment? = nil
    public init() {}
}

public struct FlowbitsOption: Sendable {
    public enum Operation: UInt8, Sendable { case set, unset, toggle, isSet, isNotSet, noAlert }
    public var operation: Operation
    /// More than one name means "any of them" (`isset,a|b`).
    public var names: [String]
    public init(operation: Operation, names: [String]) {
        self.operation = operation
        self.names = names
    }
}

public struct FlowintOption: Sendable {
    public enum Operation: Sendable {
        case isSet, isNotSet, set, add, subtract
        case less, lessOrEqual, equal, notEqual, greaterOrEqual, greater
    }
    public enum Operand: Sendable { case number(UInt32), variable(String) }
    public var name: String
    public var operation: Operation
    public var operand: Operand?
    public init(name: String, operation: Operation, operand: Operand?) {
        self.name = name
        self.operation = operation
        self.operand = operand
    }
}

public struct HostbitsOption: Sendable {
    public enum Operation: UInt8, Sendable { case set, unset, toggle, isSet, isNotSet }
    /// `both`: each of the two hosts; `pair`: the two together.
    public enum Track: UInt8, Sendable { case source, destination, both, pair, transaction }
    public var operation: Operation
    public var name: String
    public var track: Track
    public var expireSeconds: UInt32 = 30
    public var isHostbits = false
    public init(operation: Operation, name: String, track: Track) {
        self.operation = operation
        self.name = name
        self.track = track
    }
}

public struct TCPFlagsOption: Sendable {
    /// `notAllOf`: one of them at least is missing.
    public enum Mode: UInt8, Sendable { case exactly, atLeast, anyOf, notAllOf }
    public var flags: UInt8
    public var ignored: UInt8
    public var mode: Mode
    public init(flags: UInt8, ignored: UInt8, mode: Mode) {
        self.flags = flags
        self.ignored = ignored
        self.mode = mode
    }
}

public struct FragmentBitsOption: Sendable {
    /// `andOthers`: all of them and another one at least; `notAllOf`: one of them at least is missing.
    public enum Mode: UInt8, Sendable { case exactly, andOthers, anyOf, notAllOf }
    /// Bit 2 reserved, bit 1 do not fragment, bit 0 more fragments.
    public var bits: UInt8
    public var mode: Mode
    public init(bits: UInt8, mode: Mode) {
        self.bits = bits
        self.mode = mode
    }
}

public struct StreamSizeOption: Sendable {
    public enum Side: UInt8, Sendable { case server, client, both, either }
    public var side: Side
    public var test: NumberTest
    public init(side: Side, test: NumberTest) {
        self.side = side
        self.test = test
    }
}

public struct FlowCountOption: Sendable {
    public enum Unit: UInt8, Sendable { case packets, bytes }
    public enum Side: UInt8, Sendable { case toServer, toClient, both, either }
    public var unit: Unit
    public var side: Side
    public var test: NumberTest
    public init(unit: Unit, side: Side, test: NumberTest) {
        self.unit = unit
        self.side = side
        self.test = test
    }
}

public struct ThresholdOption: Sendable {
    public enum Kind: UInt8, Sendable { case threshold, limit, both, backoff }
    public enum Track: UInt8, Sendable { case bySource, byDestination, byRule, byBoth, byFlow }
    public var kind: Kind
    public var track: Track
    public var count: UInt32
    public var seconds: UInt32
    public var multiplier: UInt32 = 1
    /// `detection_filter`: only other ports than before are counted.
    public var uniqueOn: Port? = nil
    public enum Port: UInt8, Sendable { case sourcePort, destinationPort }
    public init(kind: Kind, track: Track, count: UInt32, seconds: UInt32) {
        self.kind = kind
        self.track = track
        self.count = count
        self.seconds = seconds
    }
}

public struct TagOption: Sendable {
    public enum Kind: UInt8, Sendable { case session, host }
    public enum Metric: UInt8, Sendable { case packets, seconds, bytes }
    public var kind: Kind
    public var count: UInt32
    public var metric: Metric
    public var tracksSource = true
    public init(kind: Kind, count: UInt32, metric: Metric) {
        self.kind = kind
        self.count = count
        self.metric = metric
    }
}
