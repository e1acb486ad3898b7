/// A package URL: `pkg:type/namespace/name@version?qualifiers#subpath` (package-url/purl-spec), normalised as its type asks.
public struct PackageURL: Sendable, Hashable, CustomStringConvertible {
    public let type: String
    /// Segments joined with slashes; empty when there is none.
    public let namespace: String
    public let name: String
    public let version: String?
    public let qualifiers: [String: String]
    public let subpath: String?

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Longer texts are refused.
    static let limitBytes = 4_096

    public init(type: String, namespace: String, name: String, version: String?) {
        let (namespace, name) = Self.normalised(type: type, namespace: namespace, name: name)
        self.type = type
        self.namespace = namespace
        self.name = name
        self.version = version
        qualifiers = [:]
        subpath = nil
    }

    public init(_ text: String) throws(Failure) {
        guard text.utf8.count <= Self.limitBytes else {
            throw Failure(description: "package URL longer than \(Self.limitBytes) bytes")
        }
        do throws(Failure) {
            var rest = text[...]
            let subpath = Self.cut(&rest, at: "#")
            let qualifiers = Self.cut(&rest, at: "?")
            guard rest.prefix(4).lowercased() == "pkg:" else { throw Failure(description: "expected pkg: ahead") }
            rest = rest.dropFirst(4)
            while rest.hasPrefix("/") { rest = rest.dropFirst() }
            guard let slash = rest.firstIndex(of: "/") else { throw Failure(description: "expected TYPE/NAME behind pkg:") }
            let type = rest[..<slash].lowercased()
            guard let first = type.utf8.first, first.isLetter,
                type.utf8.allSatisfy({ $0.isLetter || $0.isDigit || ".+-".utf8.contains($0) })
            else { throw Failure(description: "expected a type of letters, digits, '.', '+' and '-', found '\(type)'") }
            rest = rest[rest.index(after: slash)...]
            self.type = type
            version = try Self.version(&rest)
            var segments: [String] = []
            for segment in rest.split(separator: "/") { segments.append(try Self.decoded(segment)) }
            guard let name = segments.popLast(), !name.isEmpty else { throw Failure(description: "expected a name") }
            guard segments.allSatisfy({ !$0.isEmpty && !$0.contains("/") }) else {
                throw Failure(description: "a segment of the namespace holds a slash")
            }
            (namespace, self.name) = Self.normalised(type: type, namespace: segments.joined(separator: "/"), name: name)
            self.qualifiers = try qualifiers.map { text throws(Failure) in try Self.qualifiers(text) } ?? [:]
            self.subpath = try subpath.map { text throws(Failure) in try Self.subpath(text) } ?? nil
        } catch {
            throw Failure(description: "'\(text)' is not a package URL: \(error.description)")
        }
    }

    /// Takes what stands behind the last `mark` away.
    private static func cut(_ text: inout Substring, at mark: Character) -> Substring? {
        guard let index = text.lastIndex(of: mark) else { return nil }
        defer { text = text[..<index] }
        return text[text.index(after: index)...]
    }

    /// Behind the last `@` of the last segment, unless that begins the segment (npm's scopes, written unescaped).
    private static func version(_ text: inout Substring) throws(Failure) -> String? {
        while text.hasSuffix("/") { text = text.dropLast() }
        let name = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
        guard let mark = text[name...].lastIndex(of: "@"), mark > name else { return nil }
        let version = try decoded(text[text.index(after: mark)...])
        text = text[..<mark]
        return version.isEmpty ? nil : version
    }

    private static func qualifiers(_ text: Substring) throws(Failure) -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: "&") {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw Failure(description: "expected KEY=VALUE among the qualifiers, found '\(pair)'")
            }
            let key = pair[..<equals].lowercased()
            guard key.utf8.allSatisfy({ $0.isLetter || $0.isDigit || ".-_".utf8.contains($0) }) else {
                throw Failure(description: "'\(key)' is not the key of a qualifier")
            }
            let value = try decoded(pair[pair.index(after: equals)...])
            guard !value.isEmpty else { continue }
            guard result.updateValue(value, forKey: key) == nil else {
                throw Failure(description: "the qualifier '\(key)' is there twice")
            }
        }
        return result
    }

    private static func subpath(_ text: Substring) throws(Failure) -> String? {
        var segments: [String] = []
        for segment in text.split(separator: "/") {
            let segment = try decoded(segment)
            if segment != ".", segment != ".." { segments.append(segment) }
        }
        return segments.isEmpty ? nil : segments.joined(separator: "/")
    }

    private static func decoded(_ text: Substring) throws(Failure) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
                throw Failure(description: "'%' without two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let result = String(validating: bytes, as: UTF8.self) else {
            throw Failure(description: "escapes that are not UTF-8")
        }
        return result
    }

    /// The rules of purl-types; what a registry takes for one name is one here.
    private static func normalised(type: String, namespace: String, name: String) -> (namespace: String, name: String) {
        switch type {
        case "pypi": (namespace, hyphenated(name.lowercased()))
        case "rpm": (namespace.lowercased(), name)
        case "alpm", "apk", "bitbucket", "bitnami", "composer", "deb", "docker", "github", "golang", "hex", "npm", "nuget",
            "oci", "pub":
            (namespace.lowercased(), name.lowercased())
        default: (namespace, name)
        }
    }

    /// PEP 503: runs of `-`, `_` and `.` are one hyphen.
    private static func hyphenated(_ name: String) -> String {
        let hyphenated = name.split { "-_.".contains($0) }.joined(separator: "-")
        return hyphenated.isEmpty ? name : hyphenated
    }

    /// The canonical text.
    public var description: String {
        var text = "pkg:\(type)/"
        for segment in namespace.split(separator: "/") { text += Self.encoded(segment) + "/" }
        text += Self.encoded(name)
        if let version { text += "@" + Self.encoded(version) }
        if !qualifiers.isEmpty {
            let pairs = qualifiers.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.encoded($0.value))" }
            text += "?" + pairs.joined(separator: "&")
        }
        if let subpath { text += "#" + subpath.split(separator: "/").map(Self.encoded).joined(separator: "/") }
        return text
    }

    private static func encoded(_ text: some StringProtocol) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if byte.isLetter || byte.isDigit || "-._~:".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }
}

extension UInt8 {
    fileprivate var hexDigitValue: UInt8? {
        Character(Unicode.Scalar(self)).hexDigitValue.map { UInt8($0) }
    }
}
