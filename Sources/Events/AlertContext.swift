public import Wire

/// What EVE alerts say of the flow so far (`flow`).
public struct AlertFlow: Sendable {
    /// To server, to client.
    public var packets: (UInt64, UInt64)
    public var bytes: (UInt64, UInt64)
    public var start: Timestamp
    public var client: (address: String, port: UInt16?)
    public var server: (address: String, port: UInt16?)

    public init(
        packets: (UInt64, UInt64), bytes: (UInt64, UInt64), start: Timestamp, client: (address: String, port: UInt16?),
        server: (address: String, port: UInt16?)
    ) {
        self.packets = packets
        self.bytes = bytes
        self.start = start
        self.client = client
        self.server = server
    }

    func write(_ json: inout JSONWriter) {
        json.object("flow") { json in
            json.flowTotals(packets: packets, bytes: bytes, start: start)
            json.member("src_ip", client.address)
            json.member("dest_ip", server.address)
            json.member("src_port", client.port)
            json.member("dest_port", server.port)
        }
    }
}
