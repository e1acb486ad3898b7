import AppLayer
import RuleLanguage

/// One transform with its arguments read.
enum TransformOperation: Sendable {
    case lowercase, uppercase, stripWhitespace, compressWhitespace, dotPrefix, urlDecode, lowercaseNames, stripPseudoHeaders
    case digest(FileDigests.Algorithm)
    case xor(key: [UInt8])
    /// The key stands in the buffer; what begins at `offset` is changed and left.
    case xorWithKeyAt(Range<Int>, offset: Int)
    case pcre(CompiledPCRE)
    case base64(offset: Int, count: Int?, Base64Mode)
    case decompress(InflateFormat, limit: Int)
    /// The registrable domain in a name, and what it is registered under.
    case domain(PublicSuffixList)
    case publicSuffix(PublicSuffixList)
    case slice(offset: Int, count: Int?, truncates: Bool)

    /// What becomes of text with other bytes in it.
    enum Base64Mode: String {
        /// What stands before the first of them counts.
        case rfc4648
        /// They are passed over.
        case rfc2045
        /// It is no base64.
        case strict
    }

    struct Failure: Error { let message: String }

    init(_ transform: Transform, _ options: CompilerOptions) throws(Failure) {
        let arguments = transform.arguments?.filter { $0 != "\"" } ?? ""
        let simple: [String: TransformOperation] = [
            "to_lowercase": .lowercase, "to_uppercase": .uppercase, "strip_whitespace": .stripWhitespace,
            "compress_whitespace": .compressWhitespace, "dotprefix": .dotPrefix, "url_decode": .urlDecode,
            "header_lowercase": .lowercaseNames, "strip_pseudo_headers": .stripPseudoHeaders, "to_md5": .digest(.md5),
            "to_sha1": .digest(.sha1), "to_sha256": .digest(.sha256),
        ]
        if let operation = simple[transform.name] {
            guard arguments.isEmpty else { throw Failure(message: "'\(transform.name)' takes no value") }
            self = operation
            return
        }
        switch transform.name {
        case "xor": self = try Self.xor(arguments)
        case "pcrexform": self = try Self.pcre(transform.arguments ?? "")
        case "from_base64": self = try Self.base64(arguments)
        case "gunzip": self = .decompress(.gzip, limit: try Self.limit(arguments))
        case "zlib_deflate": self = .decompress(.zlib, limit: try Self.limit(arguments))
        case "subslice": self = try Self.slice(arguments)
        case "luaxform": throw Failure(message: "Lua scripts are not run by this engine: 'luaxform'")
        case "domain": self = .domain(try Self.suffixes(transform.name, arguments, options))
        case "tld": self = .publicSuffix(try Self.suffixes(transform.name, arguments, options))
        default: throw Failure(message: "'\(transform.name)' is not a transform")
        }
    }

    private static func suffixes(
        _ name: String, _ arguments: String, _ options: CompilerOptions
    ) throws(Failure) -> PublicSuffixList {
        guard arguments.isEmpty else { throw Failure(message: "'\(name)' takes no value") }
        do throws(CompilerOptions.FileFailure) {
            return try options.publicSuffixes.list(options)
        } catch {
            throw Failure(message: "'\(name)' needs the Public Suffix List (package publicsuffix): \(error.message)")
        }
    }

    private static func xor(_ arguments: String) throws(Failure) -> TransformOperation {
        if arguments.contains("extract") || arguments.contains("offset") {
            var offset = 0
            var key: Range<Int>?
            for part in arguments.split(separator: ",") {
                let words = part.split(separator: " ")
                switch (words.first, words.count) {
                case ("offset", 2): offset = Int(words[1]) ?? -1
                case ("extract", 3):
                    if let count = Int(words[1]), let start = Int(words[2]), (1...255).contains(count), (0...65_535).contains(start) {
                        key = start..<start + count
                    }
                default: break
                }
            }
            guard let key, (0...65_535).contains(offset) else {
                throw Failure(message: "expected 'xor:offset N, extract BYTES START' with at least one byte of key")
            }
            return .xorWithKeyAt(key, offset: offset)
        }
        let digits = arguments.filter { $0 != " " }
        guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.count <= 510, let key = bytes(digits) else {
            throw Failure(message: "expected the key as pairs of hexadecimal digits: 'xor:\"0d0ac8ff\"'")
        }
        return .xor(key: key)
    }

    private static func bytes(_ digits: String) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            result.append(byte)
            rest = rest.dropFirst(2)
        }
        return result
    }

    private static func pcre(_ arguments: String) throws(Failure) -> TransformOperation {
        let text = arguments.hasPrefix("\"") && arguments.hasSuffix("\"") ? String(arguments.dropFirst().dropLast()) : arguments
        guard !text.isEmpty else { throw Failure(message: "expected 'pcrexform:\"expression with a group\"'") }
        let expression: CompiledPCRE
        do throws(CompiledPCRE.Failure) {
            expression = try CompiledPCRE(Array(text.utf8), flags: "")
        } catch {
            throw Failure(message: "pcrexform: \(error.message)")
        }
        guard expression.groupCount >= 1 else {
            throw Failure(message: "the expression of pcrexform needs a group in parentheses")
        }
        return .pcre(expression)
    }

    private static func base64(_ arguments: String) throws(Failure) -> TransformOperation {
        var (offset, count, mode) = (0, Int?.none, Base64Mode.rfc4648)
        for part in arguments.split(separator: ",") {
            let words = part.split(separator: " ")
            switch (words.first, words.count) {
            case ("offset", 2):
                guard let value = Int(words[1]), (0...65_535).contains(value) else { throw Failure(message: "the offset of from_base64 is not 0 to 65535") }
                offset = value
            case ("bytes", 2):
                guard let value = Int(words[1]), (1...65_535).contains(value) else { throw Failure(message: "the bytes of from_base64 are not 1 to 65535") }
                count = value
            case ("mode", 2):
                guard let named = Base64Mode(rawValue: words[1].lowercased()) else {
                    throw Failure(message: "'\(words[1])' is not a mode: expected rfc4648, rfc2045 or strict")
                }
                mode = named
            default: throw Failure(message: "expected 'from_base64:bytes N, offset N, mode rfc4648|rfc2045|strict'")
            }
        }
        return .base64(offset: offset, count: count, mode)
    }

    private static func limit(_ arguments: String) throws(Failure) -> Int {
        if arguments.isEmpty { return 1024 }
        let words = arguments.split(separator: " ")
        guard words.count == 2, words[0] == "max-size", let size = Int(words[1]), (1...(16 << 20)).contains(size) else {
            throw Failure(message: "expected 'max-size BYTES', at most 16777216")
        }
        return size
    }

    private static func slice(_ arguments: String) throws(Failure) -> TransformOperation {
        var parts = arguments.split(separator: ",").map { $0.filter { $0 != " " } }
        let truncates = parts.last == "truncate"
        if truncates { parts.removeLast() }
        guard (1...2).contains(parts.count), let offset = Int(parts[0]), abs(offset) <= 65_535 else {
            throw Failure(message: "expected 'subslice:offset[, bytes][, truncate]'")
        }
        guard parts.count == 2 else { return .slice(offset: offset, count: nil, truncates: truncates) }
        guard let count = Int(parts[1]), count != 0, abs(count) <= 65_535 else {
            throw Failure(message: "the bytes of subslice are not a number other than 0")
        }
        return .slice(offset: offset, count: count, truncates: truncates)
    }
}
