/// What is wrong with a rule or configuration file, and where.
public struct Diagnostic: Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable { case error, warning }

    public var severity: Severity
    public var code: DiagnosticCode
    public var location: SourceLocation
    /// Behind the last byte that is meant; nil when only the place is known.
    public var end: SourceLocation?
    /// The rule's sid when it could be read.
    public var sid: UInt32?
    /// One sentence: what was found and what was expected.
    public var message: String
    /// What may stand there instead, where that can be guessed.
    public var suggestion: String?
    /// The source line and the caret under `location.column`, ready to print; nil when the line is not known.
    public var excerpt: String?

    public init(
        severity: Severity, code: DiagnosticCode = .line, location: SourceLocation, end: SourceLocation? = nil, sid: UInt32?,
        message: String, suggestion: String? = nil, excerpt: String?
    ) {
        self.severity = severity
        self.code = code
        self.location = location
        self.end = end
        self.sid = sid
        self.message = message
        self.suggestion = suggestion
        self.excerpt = excerpt
    }

    /// `FILE:LINE:COLUMN: error: sid N: MESSAGE`, then the excerpt.
    public var description: String {
        let rule = sid.map { "sid \($0): " } ?? ""
        let head = "\(location.file):\(location.line):\(location.column): \(severity.rawValue): \(rule)\(message)"
        return excerpt.map { "\(head)\n\($0)" } ?? head
    }
}
