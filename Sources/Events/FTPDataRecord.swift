/// EVE `ftp_data`: the transfer of a file.
public struct FTPDataRecord: Sendable {
    public var filename: [UInt8] = []
    public var command: [UInt8] = []

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("ftp_data") { json in
            json.member("filename", escaping: filename)
            json.member("command", escaping: command)
        }
    }
}
