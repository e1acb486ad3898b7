public import AppLayer
import Events
public import Wire

/// Whose address records carry where a proxy stands in between (Suricata's `xff` of eve-log): the one that the proxy
/// names in a header of the request.
public struct ForwardedFor: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        /// A member `xff` of the record.
        case extraData = "extra-data"
        /// In place of the client's address.
        case overwrite
    }

    public enum Deployment: String, Sendable, CaseIterable {
        /// Proxies of the servers: the last address is the one that the nearest of them saw.
        case reverse
        /// Proxies of the clients: the first address is that of the client.
        case forward
    }

    public var mode = Mode.extraData
    public var deployment = Deployment.reverse
    public var header = "X-Forwarded-For"

    public init() {}

    /// nil when the request has no such header, or no address where one should stand.
    public func address(_ transaction: HTTPTransaction) -> IPAddress? {
        guard let value = transaction.message(.toServer).value(named: header) else { return nil }
        let parts = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard let part = deployment == .reverse ? parts.last : parts.first else { return nil }
        return Self.address(String(decoding: part.filter { $0 > 0x20 }, as: UTF8.self))
    }

    /// `198.18.0.1`, `198.18.0.1:80`, `fd00::1`, `[fd00::1]` or `[fd00::1]:80`.
    private static func address(_ text: String) -> IPAddress? {
        if let address = IPAddress(text) { return address }
        if text.hasPrefix("[") { return IPAddress(text.dropFirst().prefix { $0 != "]" }) }
        let host = text.prefix { $0 != ":" }
        return host.contains(".") ? IPAddress(host) : nil
    }
}

extension EventHeader {
    /// - Parameter direction: of the record's packet, which tells where the client stands.
    mutating func put(_ address: IPAddress, _ mode: ForwardedFor.Mode, _ direction: Direction) {
        switch (mode, direction) {
        case (.extraData, _): forwardedFor = address
        case (.overwrite, .toServer): source = address
        case (.overwrite, .toClient): destination = address
        }
    }
}
