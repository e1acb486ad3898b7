import Foundation

/// The bytes that an alert stands for (EVE `payload`, `payload_printable`, `stream`, `packet`, `packet_info`).
public struct PayloadRecord: Sendable {
    /// Payload of the packet, or of the stream around it; nil when it is not wanted.
    public var payload: [UInt8]?
    /// `payload_length`; nil when it is not wanted.
    public var length: Int?
    /// The rule matched in the stream, and `payload` is the stream's.
    public var isStream = false
    /// The frame as it came; nil when it is not wanted.
    public var packet: [UInt8]?
    /// LINKTYPE_ number of the packet (https://www.tcpdump.org/linktypes.html).
    public var linkType: UInt32 = 0

    public init() {}

    func write(_ json: inout JSONWriter) {
        if let payload {
            json.member("payload", Data(payload).base64EncodedString())
            json.member("payload_printable", bytes: payload.map(Self.printable))
        }
        json.member("payload_length", length)
        json.member("stream", isStream ? 1 : 0)
        guard let packet else { return }
        json.member("packet", Data(packet).base64EncodedString())
        // Suricata writes libpcap's DLT_ number, which differs for raw IP.
        let linkType = linkType == 101 || linkType == 14 ? 12 : linkType
        json.object("packet_info") { json in
            json.member("linktype", linkType)
            json.member("linktype_name", Self.linkNames[linkType])
        }
    }

    private static let linkNames: [UInt32: String] = [
        0: "NULL", 1: "EN10MB", 9: "PPP", 12: "RAW", 50: "PPP_SERIAL", 104: "C_HDLC", 108: "LOOP", 113: "LINUX_SLL",
        228: "IPv4", 229: "IPv6", 276: "LINUX_SLL2",
    ]

    private static func printable(_ byte: UInt8) -> UInt8 {
        (0x20...0x7e).contains(byte) || byte == 0x0a || byte == 0x0d ? byte : UInt8(ascii: ".")
    }
}
