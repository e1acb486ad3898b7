/// A value of a report and its place there, so that each error names it: `$.Results[3].Target`.
struct ReportNode {
    let value: JSONDocument
    let path: String
    let file: String

    func error(_ message: String) -> ReportError { ReportError(file: file, place: .path(path), message: message) }

    func expected(_ what: String) -> ReportError { error("expected \(what), found \(value.kind)") }

    /// nil for members that are missing or null.
    func member(_ name: String) throws(ReportError) -> ReportNode? {
        guard case .object(let members) = value else { throw expected("an object") }
        guard let member = members[name] else { return nil }
        if case .null = member { return nil }
        return ReportNode(value: member, path: "\(path).\(name)", file: file)
    }

    func required(_ name: String) throws(ReportError) -> ReportNode {
        guard let member = try member(name) else { throw error("expected a member \(name)") }
        return member
    }

    func string() throws(ReportError) -> String {
        guard case .string(let text) = value else { throw expected("a string") }
        return text
    }

    /// A string member; nil when it is missing, null or empty.
    func string(_ name: String) throws(ReportError) -> String? {
        guard let text = try member(name)?.string(), !text.isEmpty else { return nil }
        return text
    }

    func elements() throws(ReportError) -> [ReportNode] {
        guard case .array(let elements) = value else { throw expected("a list") }
        return elements.enumerated().map { ReportNode(value: $1, path: "\(path)[\($0)]", file: file) }
    }

    /// The elements of a list member; none when it is missing or null.
    func elements(_ name: String) throws(ReportError) -> [ReportNode] { try member(name)?.elements() ?? [] }

    func strings(_ name: String) throws(ReportError) -> [String] {
        var result: [String] = []
        for element in try elements(name) { result.append(try element.string()) }
        return result
    }

    /// The members of an object of strings.
    func texts() throws(ReportError) -> [String: String] {
        guard case .object(let members) = value else { throw expected("an object") }
        var result: [String: String] = [:]
        for name in members.keys { result[name] = try required(name).string() }
        return result
    }

    func integer(_ name: String) throws(ReportError) -> Int? {
        guard let member = try member(name) else { return nil }
        guard case .number(let number) = member.value, let integer = Int(exactly: number) else {
            throw member.expected("a whole number")
        }
        return integer
    }

    var isObject: Bool { if case .object = value { true } else { false } }
    func has(_ name: String) -> Bool { if case .object(let members) = value { members[name] != nil } else { false } }
}

/// Why a report can't be used.
public struct ReportError: Error, CustomStringConvertible {
    public enum Place: Sendable, Equatable {
        case file
        /// From 1; the column in bytes.
        case position(line: Int, column: Int)
        /// Of a value in a JSON document.
        case path(String)
    }

    public let file: String
    public let place: Place
    public let message: String

    public init(file: String, place: Place = .file, message: String) {
        (self.file, self.place, self.message) = (file, place, message)
    }

    public var description: String {
        switch place {
        case .file: "\(file): \(message)"
        case .position(let line, let column): "\(file):\(line):\(column): \(message)"
        case .path(let path): "\(file): \(path): \(message)"
        }
    }
}
