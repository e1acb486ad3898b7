/// EVE `ftp`: a command and its replies.
public struct FTPRecord: Sendable {
    public var command: [UInt8]?
    public var argument: [UInt8]?
    public var completionCodes: [[UInt8]] = []
    public var replies: [[UInt8]] = []

    public var dynamicPort: UInt16?
    /// `active` or `passive`.
    public var mode: String?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("ftp") { json in
            json.member("command", escaping: command)
            json.member("command_data", escaping: argument)
            if !replies.isEmpty { json.array("reply") { json in for reply in replies { json.element(escaping: reply) } } }
            if !completionCodes.isEmpty {
                json.array("completion_code") { json in for code in completionCodes { json.element(escaping: code) } }
            }
            json.member("dynamic_port", dynamicPort)
            json.member("mode", mode)
            json.member("reply_received", replies.isEmpty ? "no" : "yes")
        }
    }
}
