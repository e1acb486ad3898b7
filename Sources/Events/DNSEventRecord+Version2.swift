/// The older form of `dns`, which other programs may still read.
extension DNSEventRecord {
    func writeVersion2(_ json: inout JSONWriter) {
        json.object("dns") { json in
            json.member("version", 2)
            json.member("type", isResponse ? "answer" : "query")
            json.member("id", id)
            if isResponse {
                json.member("flags", String(flags, radix: 16))
                writeFlags(&json)
            }
            if let query = queries.first {
                Self.write(query.name, "rrname", "rrname_truncated", &json)
                json.member("rrtype", query.type)
            }
            if isResponse {
                json.member("rcode", rcode)
                writeRecords(&json)
            } else {
                json.member("tx_id", transactionID)
            }
            json.member("opcode", opcode)
        }
    }

    /// The records that version and settings make of one message.
    public func split(by settings: DNSRecordSettings) -> [DNSEventRecord] {
        guard !isMulticast else { return [self] }
        guard isResponse ? settings.logsResponses : settings.logsRequests else { return [] }
        if let types = settings.types, !queries.contains(where: { types.contains($0.type) }) { return [] }
        var record = self
        record.version = settings.version
        record.isDetailed = settings.isDetailed
        record.isGrouped = settings.isGrouped
        guard settings.version < 3, !isResponse, queries.count > 1 else { return [record] }
        return queries.map { query in
            var single = record
            single.queries = [query]
            return single
        }
    }
}
