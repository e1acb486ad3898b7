import Events
import Foundation
import Yams

/// What a suricata.yaml says of its EVE output's records.
extension SuricataSettings {
    /// Of `outputs`, a list of mappings, the settings of `dns` in the first `eve-log`; nil when it has none.
    static func dnsRecords(in root: Node?) -> DNSRecordSettings? {
        for output in root?.mapping?["outputs"]?.sequence ?? [] {
            for type in output.mapping?["eve-log"]?.mapping?["types"]?.sequence ?? [] {
                guard let dns = type.mapping?["dns"]?.mapping else { continue }
                return dnsRecords(dns)
            }
        }
        return nil
    }

    static func compressesIPv6(in root: Node?) -> Bool? {
        for output in root?.mapping?["outputs"]?.sequence ?? [] {
            if let value = output.mapping?["eve-log"]?.mapping?["ipv6-compress"]?.scalar?.string { return isYes(value) }
        }
        return nil
    }

    private static func dnsRecords(_ dns: Node.Mapping) -> DNSRecordSettings {
        var settings = DNSRecordSettings()
        func text(_ key: String) -> String? { dns[key]?.scalar?.string }
        func texts(_ key: String) -> [String]? { dns[key]?.sequence?.compactMap(\.scalar?.string) }
        if text("version") == "2" { settings.version = 2 }
        for key in ["requests", "query"] { if let value = text(key) { settings.logsRequests = isYes(value) } }
        for key in ["responses", "answer"] { if let value = text(key) { settings.logsResponses = isYes(value) } }
        for key in ["types", "custom"] { if let names = texts(key) { settings.types = Set(names.map { $0.uppercased() }) } }
        if let formats = texts("formats") {
            settings.isDetailed = formats.contains("detailed")
            settings.isGrouped = formats.contains("grouped")
        }
        return settings
    }

    /// As in Suricata, the environment can ask for the older form of DNS records where the file says nothing.
    static var dnsVersionOfEnvironment: Int? {
        ProcessInfo.processInfo.environment["SURICATA_EVE_DNS_VERSION"] == "2" ? 2 : nil
    }
}
