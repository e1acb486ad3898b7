/// A file that a control connection has asked for or offered (RFC 959, section 4.1.3).
public struct FTPTransfer: Hashable, Sendable {
    /// `RETR` or `STOR`, `STOU` and `APPE`, in upper case.
    public let command: [UInt8]
    public let name: [UInt8]

    /// The file goes to the server.
    public var isUpload: Bool { !command.elementsEqual("RETR".utf8) }

    init?(command: [UInt8], name: [UInt8]) {
        guard ["RETR", "STOR", "STOU", "APPE"].contains(String(decoding: command, as: UTF8.self)) else { return nil }
        self.command = command
        self.name = name
    }
}

/// A connection that is about to be made for a transfer.
public struct ExpectedFlow: Hashable, Sendable {
    /// Of the end that waits for the connection.
    public let port: UInt16
    /// The control connection's server waits (passive mode), else its client.
    public let isToServer: Bool
    public let transfer: FTPTransfer
}
