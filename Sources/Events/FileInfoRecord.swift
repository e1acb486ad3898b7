/// EVE `fileinfo`: a file that was transferred, with the transaction that carried it.
public struct FileInfoRecord: Sendable {
    public var name: [UInt8] = []
    public var magic: String?
    public var hasGaps = false
    /// `CLOSED`, `TRUNCATED`, `ERROR` or `UNKNOWN`.
    public var state = ""
    public var md5: String?
    public var sha1: String?
    public var sha256: String?
    public var isStored = false
    public var size: UInt64 = 0
    public var transactionID: UInt64 = 0
    /// Of a partial response.
    public var range: (first: UInt64, last: UInt64)?
    public var http: HTTPRecord?
    public var smtp: SMTPRecord?
    public var appProtocol = ""

    public init() {}

    func write(_ json: inout JSONWriter) {
        http?.write(&json)
        smtp?.write(&json)
        json.member("app_proto", appProtocol)
        json.object("fileinfo") { writeMembers(&$0) }
    }

    func writeMembers(_ json: inout JSONWriter) {
        json.member("filename", bytes: name)
        json.member("magic", magic)
        json.member("gaps", hasGaps)
        json.member("state", state)
        json.member("md5", md5)
        json.member("sha1", sha1)
        json.member("sha256", sha256)
        json.member("stored", isStored)
        json.member("size", size)
        if let range {
            json.member("start", range.first)
            json.member("end", range.last)
        }
        json.member("tx_id", transactionID)
    }
}
