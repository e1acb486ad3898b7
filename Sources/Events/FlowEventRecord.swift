public import Wire

/// EVE `flow`, with the `tcp` object beside it.
public struct FlowEventRecord: Sendable {
    /// To server, to client.
    public var packets: (UInt64, UInt64) = (0, 0)
    public var bytes: (UInt64, UInt64) = (0, 0)
    public var start = Timestamp(nanoseconds: 0)
    public var end = Timestamp(nanoseconds: 0)
    /// `new`, `established`, `closed`, `bypassed`.
    public var state = ""
    /// `timeout`, `forced`, `shutdown`.
    public var reason = ""
    public var hasAlerted = false
    /// `drop`, `pass` or nil.
    public var action: String?
    public var transactionCount: UInt64 = 0
    /// What the flow began as, when its protocol changed (EVE `app_proto_orig`).
    public var originalProtocol: String?
    public var exceptionPolicies: [(target: String, policy: String)] = []
    /// Flag bytes: both directions, to server, to client; nil when the flow is not TCP.
    public var tcpFlags: (all: UInt8, toServer: UInt8, toClient: UInt8)?
    public var tcpState = ""

    /// Type and code of the answer to an ICMP flow's first packet.
    public var answeringICMP: (type: UInt8, code: UInt8)?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.member("response_icmp_type", answeringICMP?.type)
        json.member("response_icmp_code", answeringICMP?.code)
        json.object("flow") { json in
            json.flowTotals(packets: packets, bytes: bytes, start: start)
            json.member("end", end.eveText)
            json.member("age", max(0, end.seconds(since: start)))
            json.member("state", state)
            json.member("bypass", state == "bypassed" ? "local" : nil)
            json.member("reason", reason)
            json.member("alerted", hasAlerted)
            json.member("action", action)
            json.member("tx_cnt", transactionCount)
            if !exceptionPolicies.isEmpty {
                json.array("exception_policy") { json in
                    for (target, policy) in exceptionPolicies {
                        json.object { json in
                            json.member("target", target)
                            json.member("policy", policy)
                        }
                    }
                }
            }
        }
        if let tcpFlags { write(tcpFlags, &json) }
    }

    private func write(_ flags: (all: UInt8, toServer: UInt8, toClient: UInt8), _ json: inout JSONWriter) {
        json.object("tcp") { json in
            json.member("tcp_flags", Printable.hex([flags.all]))
            json.member("tcp_flags_ts", Printable.hex([flags.toServer]))
            json.member("tcp_flags_tc", Printable.hex([flags.toClient]))
            let names: [(StaticString, UInt8)] = [
                ("syn", 0x02), ("fin", 0x01), ("rst", 0x04), ("psh", 0x08), ("ack", 0x10), ("urg", 0x20),
                ("ecn", 0x40), ("cwr", 0x80),
            ]
            for (name, bit) in names where flags.all & bit != 0 { json.member(name, true) }
            json.member("state", tcpState)
            // Each direction's bytes lie in one ring.
            json.member("ts_max_regions", 1)
            json.member("tc_max_regions", 1)
        }
    }
}

extension JSONWriter {
    /// What every EVE `flow` object begins with; pairs are to server, to client.
    mutating func flowTotals(packets: (UInt64, UInt64), bytes: (UInt64, UInt64), start: Timestamp) {
        member("pkts_toserver", packets.0)
        member("pkts_toclient", packets.1)
        member("bytes_toserver", bytes.0)
        member("bytes_toclient", bytes.1)
        member("start", start.eveText)
    }
}
