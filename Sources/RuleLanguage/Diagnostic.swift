/// What is wrong with a rule or configuration file, and where.
public struct Diagnostic: Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable { case error, warning }

    public var severity: Severity
    public var location: SourceLocation
    /// The rule's sid when it could be read.
    public var sid: UInt32?
    /// One sentence: what was found and what was expected.
    public var message: String
    /// The source line and the caret under `location.column`, ready to print; nil when the line is not known.
    public var excerpt: String?

    public init(severity: Severity, location: SourceLocation, sid: UInt32?, message: String, excerpt: String?) {
        self.severity = severity
        self.location = location
        self.sid = sid
        self.message = message
        self.excerpt = excerpt
    }

    /// `FILE:LINE:COLUMN: error: sid N: MESSAGE`, then the excerpt.
    public var description: String {
        let rule = sid.map { "sid \($0): " } ?? ""
        let head = "\(location.file):\(location.line):\(location.column): \(severity.rawValue): \(rule)\(message)"
        return excerpt.map { "\(head)\n\($0)" } ?? head
    }
}
