/// What is told of a mail message (RFC 5322): its own headers, its attachments and the URLs of its texts.
public struct MailMessage: Sendable {
    public enum Stage: UInt8, Sendable { case headers, body, complete }

    public struct Header: Sendable {
        /// In lower case.
        public internal(set) var name: [UInt8]
        /// Without blanks around it; the lines of a folded one joined by nothing.
        public internal(set) var value: [UInt8]
    }

    /// How far the message has come.
    public internal(set) var stage = Stage.headers
    /// Of the message itself, not of its parts.
    public internal(set) var headers: [Header] = []
    public internal(set) var attachmentNames: [[UInt8]] = []
    public internal(set) var urls: [[UInt8]] = []
    /// Of all lines behind the message's own headers, as they were sent; nil when nobody asks or the end has not come.
    public internal(set) var bodyMD5: [UInt8]?

    /// The first header of that name, which is in lower case.
    public func value(_ name: StaticString) -> [UInt8]? { values(name).first }

    public func values(_ name: StaticString) -> [[UInt8]] {
        let name = Array(name.description.utf8)
        return headers.filter { $0.name == name }.map(\.value)
    }
}
