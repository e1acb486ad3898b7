import AppLayer
import Events
import Flow
import Foundation
import Inspection
import RuleLanguage
import Yams

/// Settings of a suricata.yaml, or of a JSON file with the same settings in flat dotted keys, for
/// users who move over. What the engine knows is taken into a `Configuration`.
public struct SuricataSettings {
    /// Keys that were there and that mean nothing here: unknown, or naming a file that is not there. Sorted.
    public private(set) var unknownKeys: [String] = []
    private let values: [String: String]
    private let folder: String
    /// A file says what differs from Suricata's defaults; an assignment changes one thing only.
    private let isWholeFile: Bool
    private let dnsRecords: DNSRecordSettings?
    private let compressesIPv6: Bool?

    public init(file: String) throws(ConfigurationError) {
        let text = try TextFile.read(file)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError(file: file, message: "neither YAML nor JSON: \(error)")
        }
        guard let mapping = node?.mapping else {
            throw ConfigurationError(file: file, message: "expected a mapping of settings")
        }
        var flat: [String: String] = [:]
        for (key, value) in mapping { Self.flatten(value, key.string ?? "", into: &flat) }
        folder = Paths.folder(of: flat["config"] ?? file)
        isWholeFile = true
        // Flat settings have the outputs in Suricata's command line (`--set`), and name the file that they were taken from, which alone has lists of mappings.
        let source = flat["config"].flatMap { Paths.exists($0) ? try? Yams.compose(yaml: TextFile.read($0)) : nil }
        if let outputs = source?.mapping?["outputs"]?.sequence { Self.flattenOutputs(outputs, into: &flat) }
        for argument in mapping["args"]?.sequence ?? [] {
            guard let pair = argument.scalar?.string, pair.hasPrefix("outputs."), let equals = pair.firstIndex(of: "=") else { continue }
            // What the command line says goes before the file.
            flat[Self.withoutOutputPlaces(String(pair[..<equals]))] = String(pair[pair.index(after: equals)...])
        }
        values = Self.lists(flat)
        dnsRecords = Self.dnsRecords(in: node) ?? Self.dnsRecords(in: source)
        compressesIPv6 = Self.compressesIPv6(in: node) ?? Self.compressesIPv6(in: source)
    }

    /// Settings given as `KEY=VALUE`, as on Suricata's command line (`--set`).
    public init(assignments: [String]) throws(ConfigurationError) {
        var flat: [String: String] = [:]
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
                throw ConfigurationError(file: "--set", message: "expected KEY=VALUE, found '\(assignment)'")
            }
            flat[String(assignment[..<equals])] = String(assignment[assignment.index(after: equals)...])
        }
        values = Self.lists(flat)
        folder = "."
        isWholeFile = false
        dnsRecords = nil
        compressesIPv6 = nil
    }

    /// Takes the known settings; unknown ones are left in `unknownKeys`.
    public mutating func apply(to configuration: inout Configuration) throws(ConfigurationError) {
        if isWholeFile { configuration.takeSuricataDefaults(isBare: values["config_source"] != "shipped-default") }
        if let compressesIPv6 { configuration.pipeline.compressesIPv6 = compressesIPv6 }
        if let dnsRecords {
            configuration.pipeline.dnsRecords = dnsRecords
        } else if isWholeFile, let version = Self.dnsVersionOfEnvironment {
            configuration.pipeline.dnsRecords.version = version
        }
        try applyTunnels(to: &configuration.pipeline.tunnels)
        var unknown: [String] = []
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            let key = key.dropping(prefix: "effective.") ?? key
            if try !apply(key, value, &configuration) { unknown.append(key) }
        }
        unknownKeys = unknown
    }

    private func apply(_ key: String, _ value: String, _ c: inout Configuration) throws(ConfigurationError) -> Bool {
        switch key {
        case "ips": c.mode = Self.isYes(value) ? .prevent : .detect
        case "test", "config", "config_source", "args", "explicit", "rules": break
        case "stream.midstream": c.pipeline.tcp.acceptsMidstream = Self.isYes(value)
        case "stream.inline" where value != "auto": c.inspectsOnArrival = Self.isYes(value)
        case "stream.inline", "stream_inline": break
        case "stream.async-oneside": c.pipeline.tcp.acceptsOneSided = Self.isYes(value)
        case "stream.max-syn-queued": c.pipeline.tcp.queuedSYNsLimit = try count(key, value, 1...255)
        case "stream.max-synack-queued": c.pipeline.tcp.queuedSYNACKsLimit = try count(key, value, 1...255)
        case "stream.reassembly.urgent.policy":
            guard let policy = TCPConfiguration.UrgentPolicy(rawValue: value) else { return false }
            c.pipeline.tcp.urgentPolicy = policy
        case "stream.memcap": c.pipeline.tcp.sessionMemcapBytes = Int(clamping: try bytes(key, value))
        case "stream.reassembly.memcap": c.pipeline.tcp.reassemblyMemcapBytes = Int(clamping: try bytes(key, value))
        case "stream.reassembly.depth": c.pipeline.streamDepth = try bytes(key, value)
        case "flow.memcap": c.pipeline.flow.memcapBytes = Int(clamping: try bytes(key, value))
        case "app-layer.protocols.dns.detection-ports.dp", "app-layer.protocols.dns.udp.detection-ports.dp",
            "app-layer.protocols.dns.tcp.detection-ports.dp":
            c.pipeline.appLayer.dnsPorts += list(value).compactMap { UInt16($0) }
        case "detect.guess-applayer-tx": c.pipeline.guessesTransactions = Self.isYes(value)
        case "vlan.use-for-tracking": c.pipeline.tracksVLANs = Self.isYes(value)
        case "decoder.recursion-level.use-for-tracking": c.pipeline.tracksTunnelDepth = Self.isYes(value)
        case let key where isDecoderSetting(key): break
        case "defrag.memcap": c.pipeline.fragments.memcapBytes = Int(clamping: try bytes(key, value))
        case "packet-alert-max":
            let count = Int(clamping: try bytes(key, value))
            if count > 0 { c.pipeline.packetAlertMax = count }
        case "exception-policy": try setAllPolicies(key, value, &c)
        case "stream.midstream-policy": try setPolicy(.streamMidstream, key, value, &c)
        case "stream.memcap-policy": try setPolicy(.streamMemcap, key, value, &c)
        case "stream.reassembly.memcap-policy": try setPolicy(.streamReassembly, key, value, &c)
        case "flow.memcap-policy": try setPolicy(.flowMemcap, key, value, &c)
        case "defrag.memcap-policy": try setPolicy(.defragMemcap, key, value, &c)
        case "app-layer.error-policy": try setPolicy(.appLayerError, key, value, &c)
        case "classification-file": return existing(value, &c.classificationFile)
        case "reference-config-file": return existing(value, &c.referenceFile)
        case "threshold-file": c.thresholdFile = Paths.resolve(value, in: folder)
        case "reputation-categories-file": return existing(value, &c.reputationCategoriesFile)
        case "reputation-files":
            let base = self["default-reputation-path"]
            let home = base.map { Paths.resolve($0, in: folder) } ?? folder
            c.reputationFiles += list(value).map { Paths.resolve($0, in: home) }.filter(Paths.exists)
        case "default-reputation-path": break
        case "geoip-database": return existing(value, &c.geoDatabaseFile)
        case "detect.flowbits.max-per-signature": c.flowbitsPerRule = try count(key, value, 1...65_535)
        case "action-order": c.actionOrder = list(value)
        case "app-layer.protocols.http.libhtp.default-config.request-body-limit":
            c.pipeline.appLayer.httpRequestBodyLimit = try bytes(key, value)
        case "app-layer.protocols.http.libhtp.default-config.response-body-limit":
            c.pipeline.appLayer.httpResponseBodyLimit = try bytes(key, value)
        case "app-layer.protocols.http.libhtp.default-config.double-decode-path":
            c.pipeline.appLayer.httpDoubleDecodesPath = Self.isYes(value)
        case "app-layer.protocols.http.libhtp.default-config.double-decode-query":
            c.pipeline.appLayer.httpDoubleDecodesQuery = Self.isYes(value)
        case "app-layer.protocols.http.libhtp.default-config.response-body-decompress-layer-limit":
            c.pipeline.appLayer.httpDecompressionDepth = Int(clamping: try bytes(key, value))
        case "app-layer.protocols.http.byterange.memcap":
            c.pipeline.rangeMemcapBytes = Int(clamping: try bytes(key, value))
        case "app-layer.protocols.http.byterange.timeout": c.pipeline.rangeTimeoutSeconds = try count(key, value, 1...86_400)
        case "app-layer.protocols.http.libhtp.default-config.lzma-enabled":
            c.pipeline.appLayer.httpDecodesLZMA = Self.isYes(value)
        case "app-layer.protocols.http.libhtp.default-config.compression-bomb-limit":
            c.pipeline.appLayer.httpBombLimit = try bytes(key, value)
        case "app-layer.protocols.http.libhtp.default-config.lzma-memlimit":
            c.pipeline.appLayer.httpLZMADictionaryLimit = UInt32(clamping: try bytes(key, value))
        case "app-layer.protocols.tls.encryption-handling", "app-layer.protocols.ssh.encryption-handling":
            // An older name of the middle way.
            guard let handling = EncryptionHandling(rawValue: value == "default" ? "track-only" : value) else {
                throw error(key, "expected track-only, bypass or full, found \(value)")
            }
            if key.contains(".tls.") { c.pipeline.tlsEncryption = handling } else { c.pipeline.sshEncryption = handling }
        case "app-layer.protocols.websocket.max-payload-size":
            c.pipeline.appLayer.websocketMaxPayloadSize = Int(clamping: try bytes(key, value))
        case "app-layer.protocols.smtp.mime.extract-urls": if !Self.isYes(value) { c.pipeline.appLayer.mailURLSchemes = [] }
        case "app-layer.protocols.smtp.mime.extract-urls-schemes": c.pipeline.appLayer.mailURLSchemes = list(value)
        case "app-layer.protocols.smtp.mime.body-md5": c.pipeline.appLayer.digestsMailBodies = Self.isYes(value)
        case "app-layer.protocols.smtp.mime.log-url-scheme": c.pipeline.appLayer.mailURLsKeepScheme = Self.isYes(value)
        case _ where key.hasPrefix("outputs."): return try applyOutput(key, value, &c)
        default:
            if let name = key.dropping(prefix: "vars.address-groups.") {
                c.addressGroups.append((name, value))
            } else if let name = key.dropping(prefix: "vars.port-groups.") {
                c.portGroups.append((name, value))
            } else if let name = key.dropping(prefix: "flow-timeouts.") {
                return c.pipeline.flow.setTimeout(name, seconds: try count(key, value, 0...Int(Int32.max)))
            } else if let policy = key.dropping(prefix: "host-os-policy.").flatMap(HostOSPolicy.init) {
                for network in list(value) where !c.pipeline.tcp.hosts.set(policy, for: network) {
                    throw ConfigurationError(file: folder, message: "\(key): expected an address or a network, found \(network)")
                }
            } else {
                return false
            }
        }
        return true
    }

    /// Suricata goes on without these files as well.
    private func existing(_ path: String, _ file: inout String?) -> Bool {
        let path = Paths.resolve(path, in: folder)
        guard Paths.exists(path) else { return false }
        file = path
        return true
    }

    private func setPolicy(
        _ target: ExceptionTarget, _ key: String, _ value: String, _ c: inout Configuration
    ) throws(ConfigurationError) {
        if value == "auto" { return }
        if value == "ignore" || value == "no" {
            c.exceptionPolicies[target] = .ignore
            return
        }
        guard let policy = ExceptionPolicy(rawValue: value) else {
            throw ConfigurationError(file: folder, message: "\(key): unknown policy \(value)")
        }
        c.exceptionPolicies[target] = policy
    }

    /// The master switch; a target's own setting goes before it.
    private func setAllPolicies(_ key: String, _ value: String, _ c: inout Configuration) throws(ConfigurationError) {
        for target in ExceptionTarget.allCases where c.exceptionPolicies[target] == nil {
            try setPolicy(target, key, value, &c)
        }
    }

    subscript(key: String) -> String? { values["effective.\(key)"] ?? values[key] }

    func error(_ key: String, _ message: String) -> ConfigurationError {
        ConfigurationError(file: folder, message: "\(key): \(message)")
    }

    func bytes(_ key: String, _ value: String) throws(ConfigurationError) -> UInt64 {
        guard let count = ByteCount.parse(value) else {
            throw ConfigurationError(file: folder, message: "\(key): expected a number or a size, found \(value)")
        }
        return UInt64(count)
    }

    private func count(_ key: String, _ value: String, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw ConfigurationError(
                file: folder, message: "\(key): expected a number from \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
        return number
    }

    static func isYes(_ value: String) -> Bool { ["yes", "true", "on", "1"].contains(value.lowercased()) }

    func list(_ value: String) -> [String] {
        value.split { $0 == "," || $0 == " " || $0 == "[" || $0 == "]" }.map(String.init)
    }

    /// `name.0`, `name.1` and so on (`--set`) are the elements of the list `name`.
    private static func lists(_ values: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        var elements: [String: [(index: Int, value: String)]] = [:]
        for (key, value) in values {
            let key = withoutOutputPlaces(key)
            if let dot = key.lastIndex(of: "."), let index = Int(key[key.index(after: dot)...]) {
                elements[String(key[..<dot]), default: []].append((index, value))
            } else {
                result[key] = value
            }
        }
        for (key, list) in elements {
            result[key] = "[\(list.sorted { $0.index < $1.index }.map(\.value).joined(separator: ","))]"
        }
        return result
    }

    static func flatten(_ node: Node, _ path: String, into flat: inout [String: String]) {
        if path == "outputs", let outputs = node.sequence { return flattenOutputs(outputs, into: &flat) }
        if let mapping = node.mapping {
            for (key, value) in mapping { flatten(value, "\(path).\(key.string ?? "")", into: &flat) }
        } else if let sequence = node.sequence {
            let items = sequence.compactMap(\.scalar?.string)
            flat[path] = "[\(items.joined(separator: ","))]"
        } else if let scalar = node.scalar {
            flat[path] = scalar.string
        }
    }
}

extension FlowTableConfiguration {
    /// - Parameter name: `tcp.established`, `default.emergency-new` and the like.
    /// - Returns: false when there is no such timeout.
    fileprivate mutating func setTimeout(_ name: String, seconds: Int) -> Bool {
        let parts = name.split(separator: ".")
        guard parts.count == 2 else { return false }
        let state = String(parts[1])
        let normal = state.dropping(prefix: "emergency-")
        let timeouts: WritableKeyPath<Self, FlowTimeouts>
        switch (parts[0], normal != nil) {
        case ("tcp", false): timeouts = \.tcp
        case ("tcp", true): timeouts = \.emergencyTCP
        case ("udp", false): timeouts = \.udp
        case ("udp", true): timeouts = \.emergencyUDP
        case ("icmp", false): timeouts = \.icmp
        case ("icmp", true): timeouts = \.emergencyICMP
        case ("default", false): timeouts = \.other
        case ("default", true): timeouts = \.emergencyOther
        default: return false
        }
        switch normal ?? state {
        case "new": self[keyPath: timeouts].newSeconds = seconds
        case "established": self[keyPath: timeouts].establishedSeconds = seconds
        case "closed": self[keyPath: timeouts].closedSeconds = seconds
        default: return false
        }
        return true
    }
}

extension String {
    func dropping(prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}

public enum Paths {
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    public static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
