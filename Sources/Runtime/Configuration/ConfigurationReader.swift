import AppLayer
import Flow
import Inspection
import Logging
import Patches
import Wire
import Yams

/// Reads the YAML configuration file. Strict: a key that is not known, or a value of the wrong kind,
/// is an error at its line and column.
public struct ConfigurationReader {
    private let file: String
    /// Files that include this one.
    private let depth: Int
    private static let maximumDepth = 16

    public init(file: String) { self.init(file: file, depth: 0) }

    private init(file: String, depth: Int) {
        self.file = file
        self.depth = depth
    }

    var folder: String { Paths.folder(of: file) }

    public func read(into configuration: inout Configuration) throws(ConfigurationError) {
        try readFile(into: &configuration)
        configuration.takeRuleFiles()
    }

    private func readFile(into configuration: inout Configuration) throws(ConfigurationError) {
        let text = try TextFile.read(file)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw yamlError(error)
        }
        guard let node else { return }
        try section(node, "", Self.topLevel, &configuration)
    }

    typealias Setter = @Sendable (ConfigurationReader, Node, inout Configuration) throws(ConfigurationError) -> Void
    enum Entry: Sendable {
        case value(Setter)
        case section([String: Entry])
    }

    /// `include`: another file with the same keys, relative to this one; what comes later counts.
    private func include(_ node: Node, _ configuration: inout Configuration) throws(ConfigurationError) {
        guard depth < Self.maximumDepth else { throw error(node, "files include each other, or more than \(Self.maximumDepth) deep") }
        for path in try strings(node) {
            let path = Paths.resolve(path, in: folder)
            guard Paths.exists(path) else { throw error(node, "no such file: \(path)") }
            try ConfigurationReader(file: path, depth: depth + 1).readFile(into: &configuration)
        }
    }

    private static let topLevel: [String: Entry] = [
        "include": .value { r, n, c throws(ConfigurationError) in try r.include(n, &c) },
        "mode": .value { r, n, c throws(ConfigurationError) in
            guard let mode = PipelineConfiguration.Mode(rawValue: try r.string(n)) else {
                throw r.error(n, "expected prevent or detect")
            }
            c.mode = mode
        },
        "queues": .value { r, n, c throws(ConfigurationError) in
            guard let range = QueueRange.parse(try r.string(n)) else { throw r.error(n, QueueRange.expectation) }
            c.queues = range
        },
        "queue": .section([
            "length": .value { r, n, c throws(ConfigurationError) in
                c.queueLength = UInt32(try r.integer(n, in: 16...1_048_576))
            },
            "receive-buffer": .value { r, n, c throws(ConfigurationError) in
                c.receiveBufferBytes = try r.bytes(n, in: 65_536...(1 << 30))
            },
            "fail-open": .value { r, n, c throws(ConfigurationError) in c.failsOpen = try r.boolean(n) },
        ]),
        "rules": .value { r, n, c throws(ConfigurationError) in c.rulePaths = try r.strings(n) },
        "default-rule-path": .value { r, n, c throws(ConfigurationError) in
            c.defaultRulePath = Paths.resolve(try r.string(n), in: r.folder)
        },
        "rule-files": .value { r, n, c throws(ConfigurationError) in
            let folder = r.folder
            c.ruleFiles = try r.strings(n).map { ($0, folder) }
        },
        "patches": .value { r, n, c throws(ConfigurationError) in c.patchesPath = try r.string(n) },
        "policy": .value { r, n, c throws(ConfigurationError) in c.policyPath = try r.string(n) },
        "promotion": .section(promotion),
        "retire": .value { r, n, c throws(ConfigurationError) in c.steward.retirement = try r.choice(n) },
        "retire-after-seconds": .value { r, n, c throws(ConfigurationError) in
            c.steward.retireAfterSeconds = Int64(try r.integer(n, in: 1...31_536_000))
        },
        "vars": .section([
            "address-groups": .value { r, n, c throws(ConfigurationError) in c.addressGroups += try r.pairs(n) },
            "port-groups": .value { r, n, c throws(ConfigurationError) in c.portGroups += try r.pairs(n) },
        ]),
        "classification-file": .value { r, n, c throws(ConfigurationError) in c.classificationFile = try r.string(n) },
        "reference-config-file": .value { r, n, c throws(ConfigurationError) in c.referenceFile = try r.string(n) },
        "threshold-file": .value { r, n, c throws(ConfigurationError) in c.thresholdFile = try r.string(n) },
        "reputation-categories-file": .value { r, n, c throws(ConfigurationError) in
            c.reputationCategoriesFile = try r.string(n)
        },
        "geoip-database": .value { r, n, c throws(ConfigurationError) in c.geoDatabaseFile = try r.string(n) },
        "reputation-files": .value { r, n, c throws(ConfigurationError) in c.reputationFiles = try r.strings(n) },
        "action-order": .value { r, n, c throws(ConfigurationError) in c.actionOrder = try r.strings(n) },
        "control": .value { r, n, c throws(ConfigurationError) in c.controlPath = try r.string(n) },
        "eve": .value { r, n, c throws(ConfigurationError) in c.eventsPath = try r.string(n) },
        "force-magic": .value { r, n, c throws(ConfigurationError) in
            guard try r.boolean(n) else { return }
            do throws(FileMagic.Failure) {
                c.pipeline.appLayer.fileMagic = try FileMagic()
            } catch {
                throw r.error(n, error.message)
            }
        },
        "stats-interval-seconds": .value { r, n, c throws(ConfigurationError) in
            c.statsIntervalSeconds = try r.integer(n, in: 1...86_400)
        },
        "log-level": .value { r, n, c throws(ConfigurationError) in 
            let level = try r.string(n)
            guard Logger.Level(rawValue: level) != nil else {
                let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw r.error(n, "expected one of \(known)")
            }
            c.logLevel = level
        },
        "stream": .section([
            "midstream": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.tcp.acceptsMidstream = try r.boolean(n)
            },
            "inline": .value { r, n, c throws(ConfigurationError) in c.inspectsOnArrival = try r.boolean(n) },
            "async-oneside": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.tcp.acceptsOneSided = try r.boolean(n)
            },
            "memcap": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.tcp.sessionMemcapBytes = try r.bytes(n, in: 65_536...Int.max)
            },
            "reassembly-memcap": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.tcp.reassemblyMemcapBytes = try r.bytes(n, in: 65_536...Int.max)
            },
            "urgent": .value { r, n, c throws(ConfigurationError) in c.pipeline.tcp.urgentPolicy = try r.choice(n) },
            "overlap": .value { r, n, c throws(ConfigurationError) in c.pipeline.tcp.overlapPolicy = try r.choice(n) },
            "depth": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.streamDepth = UInt64(try r.bytes(n, in: 0...Int.max))
            },
        ]),
        "xff": .section(forwardedFor),
        "containers": .section(containers),
        "encryption-handling": .section([
            "tls": .value { r, n, c throws(ConfigurationError) in c.pipeline.tlsEncryption = try r.choice(n) },
            "ssh": .value { r, n, c throws(ConfigurationError) in c.pipeline.sshEncryption = try r.choice(n) },
        ]),
        "records": .section(records),
        "http-records": .section(httpRecords),
        "http-ranges": .section(httpRanges),
        "latency": .section(["rule": .section(ruleLatency)]),
        "host-os-policy": .section(
            Dictionary(
                uniqueKeysWithValues: HostOSPolicy.allCases.map { policy in
                    (policy.rawValue, Entry.value { r, n, c throws(ConfigurationError) in
                        for network in try r.strings(n) where !c.pipeline.tcp.hosts.set(policy, for: network) {
                            throw r.error(n, "expected addresses or networks, found \(network)")
                        }
                    })
                })),
        "tunnels": .section([
            "vxlan-ports": .value { r, n, c throws(ConfigurationError) in c.pipeline.tunnels.vxlan = try r.ports(n) },
            "geneve-ports": .value { r, n, c throws(ConfigurationError) in c.pipeline.tunnels.geneve = try r.ports(n) },
            "teredo-ports": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.tunnels.teredo = try r.strings(n) == ["any"] ? nil : try r.ports(n)
            },
        ]),
        "pcre": .section([
            "limit-policy": .value { r, n, c throws(ConfigurationError) in
                switch try r.string(n) {
                case "no-match": c.pipeline.dropsAtExpressionLimit = false
                case "drop": c.pipeline.dropsAtExpressionLimit = true
                default: throw r.error(n, "expected no-match or drop")
                }
            }
        ]),
        "detect": .section([
            "guess-applayer-tx": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.guessesTransactions = try r.boolean(n)
            },
            "flowbits": .section([
                "max-per-signature": .value { r, n, c throws(ConfigurationError) in
                    c.flowbitsPerRule = try r.integer(n, in: 1...65_535)
                }
            ]),
        ]),
        "app-layer": .section([
            "memcap": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.appLayerMemcapBytes = try r.bytes(n, in: 65_536...Int.max)
            }
        ]),
        "flow": .section([
            "memcap": .value { r, n, c throws(ConfigurationError) in
                c.pipeline.flow.memcapBytes = try r.bytes(n, in: 65_536...Int.max)
            }
        ]),
        "exception-policies": .section(
            Dictionary(
                uniqueKeysWithValues: ExceptionTarget.allCases.map { target in
                    (target.rawValue.replacingUnderscores, Entry.value { r, n, c throws(ConfigurationError) in
                        c.exceptionPolicies[target] = try r.policy(n)
                    })
                })),
    ]

    private func section(
        _ node: Node, _ path: String, _ entries: [String: Entry], _ configuration: inout Configuration
    ) throws(ConfigurationError) {
        guard let mapping = node.mapping else {
            throw error(node, "expected a mapping\(path.isEmpty ? "" : " under \(path)")")
        }
        for (keyNode, value) in mapping {
            guard let key = keyNode.string, let entry = entries[key] else {
                throw error(keyNode, unknownKey(keyNode.string ?? "?", path, entries.keys.sorted()))
            }
            switch entry {
            case .value(let set): try set(self, value, &configuration)
            case .section(let inner): try section(value, path.isEmpty ? key : "\(path).\(key)", inner, &configuration)
            }
        }
    }

    private func unknownKey(_ key: String, _ path: String, _ known: [String]) -> String {
        let name = path.isEmpty ? key : "\(path).\(key)"
        return "unknown key \(name); expected one of \(known.joined(separator: ", "))"
    }

    func policy(_ node: Node) throws(ConfigurationError) -> ExceptionPolicy {
        guard let policy = ExceptionPolicy(rawValue: try string(node)) else {
            let known = ExceptionPolicy.allCases.map(\.rawValue).joined(separator: ", ")
            throw error(node, "expected one of \(known)")
        }
        return policy
    }

    func error(_ node: Node, _ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: node.mark?.line, column: node.mark?.column, message: message)
    }

    private func yamlError(_ error: any Error) -> ConfigurationError {
        guard let yaml = error as? YamlError else {
            return ConfigurationError(file: file, message: "not YAML: \(error)")
        }
        switch yaml {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ConfigurationError(file: file, line: mark.line, column: mark.column, message: problem)
        default:
            return ConfigurationError(file: file, message: "not YAML: \(yaml)")
        }
    }
}

extension String {
    /// `flow_memcap` → `flow-memcap`.
    var replacingUnderscores: String { String(map { $0 == "_" ? "-" : $0 }) }
}
