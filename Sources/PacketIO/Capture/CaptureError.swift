/// What is wrong with a capture file: where, and what was expected there.
public struct CaptureError: Error, CustomStringConvertible, Sendable {
    public let file: String
    /// In bytes from the start of the file; nil when the file could not be opened or written.
    public let offset: UInt64?
    public let message: String
    /// The file ends in the middle of a packet, as one does whose writer was stopped; all before it is good.
    public var isCutShort = false

    public var description: String {
        guard let offset else { return "\(file): \(message)" }
        return "\(file): at byte \(offset): \(message)"
    }
}
