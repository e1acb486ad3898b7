/// What the control socket answers with; each is one JSON document.
public struct StatusReport: Codable, Sendable {
    public var version: String
    public var mode: String
    public var uptime_seconds: Double
    public var queues: [UInt16]
    public var rules_loaded: Int
    public var rules_failed: Int
    public var reloads: Int
    public var flows_active: UInt64
    public var packets: UInt64
    public var blocked: UInt64
    public var events_lost: UInt64
    /// Bridged traffic reaches netfilter; nil while the kernel module br_netfilter is not loaded.
    public var bridge_netfilter_ipv4: Bool?
    public var bridge_netfilter_ipv6: Bool?
    /// Rules that are left out now for the time they take.
    public var rules_suspended: [SuspendedRuleReport]?
    /// How many run, by runtime.
    public var containers: [String: Int]?
    public var runtimes: [RuntimeReport]?

    public init(
        version: String, mode: String, uptimeSeconds: Double, queues: [UInt16], rulesLoaded: Int, rulesFailed: Int,
        reloads: Int, flowsActive: UInt64, packets: UInt64, blocked: UInt64, eventsLost: UInt64
    ) {
        self.version = version
        self.mode = mode
        uptime_seconds = uptimeSeconds
        self.queues = queues
        rules_loaded = rulesLoaded
        rules_failed = rulesFailed
        self.reloads = reloads
        flows_active = flowsActive
        self.packets = packets
        self.blocked = blocked
        events_lost = eventsLost
    }
}

public struct SuspendedRuleReport: Codable, Sendable {
    public var sid: UInt32
    public var gid: UInt32
    public var action: String
    public var signature: String
    /// ISO 8601: when the last worker takes it back.
    public var until: String
    /// Workers that leave it out.
    public var workers: Int
    /// Checks that were not made so far.
    public var checks_skipped: UInt64

    public init(
        sid: UInt32, gid: UInt32, action: String, signature: String, until: String, workers: Int, checksSkipped: UInt64
    ) {
        self.sid = sid
        self.gid = gid
        self.action = action
        self.signature = signature
        self.until = until
        self.workers = workers
        checks_skipped = checksSkipped
    }
}

/// One rule of `/v1/rules/top`.
public struct RuleCostReport: Codable, Sendable {
    public var sid: UInt32
    public var gid: UInt32
    public var rev: UInt32
    public var action: String
    public var signature: String
    /// `FILE:LINE`.
    public var place: String
    public var checks: UInt64
    public var matches: UInt64
    /// Estimated from the checks that were timed.
    public var total_nanoseconds: UInt64
    public var average_nanoseconds: UInt64
    /// Of the checks that were timed.
    public var longest_nanoseconds: UInt64
    /// Checks over the limit of `latency.rule`.
    public var overruns: UInt64
    /// Workers that leave the rule out now.
    public var suspended: Int

    public init(
        sid: UInt32, gid: UInt32, rev: UInt32, action: String, signature: String, place: String, checks: UInt64,
        matches: UInt64, totalNanoseconds: UInt64, averageNanoseconds: UInt64, longestNanoseconds: UInt64,
        overruns: UInt64, suspended: Int
    ) {
        self.sid = sid
        self.gid = gid
        self.rev = rev
        self.action = action
        self.signature = signature
        self.place = place
        self.checks = checks
        self.matches = matches
        total_nanoseconds = totalNanoseconds
        average_nanoseconds = averageNanoseconds
        longest_nanoseconds = longestNanoseconds
        self.overruns = overruns
        self.suspended = suspended
    }
}

public struct ReloadReport: Codable, Sendable {
    public var rules_loaded: Int
    public var rules_failed: Int
    /// Rules that ran before and are not in the files any more.
    public var rules_removed: Int
    public var seconds: Double
    /// `FILE:LINE:COLUMN: error: …`, without the excerpt.
    public var diagnostics: [String]

    public init(rulesLoaded: Int, rulesFailed: Int, rulesRemoved: Int, seconds: Double, diagnostics: [String]) {
        rules_loaded = rulesLoaded
        rules_failed = rulesFailed
        rules_removed = rulesRemoved
        self.seconds = seconds
        self.diagnostics = diagnostics
    }
}

public struct ReopenReport: Codable, Sendable {
    public var reopened: Bool
    public init(reopened: Bool) { self.reopened = reopened }
}

public struct FlowReport: Codable, Sendable {
    public var flow_id: UInt64
    public var client: String
    public var client_port: UInt16
    public var server: String
    public var server_port: UInt16
    public var proto: UInt8
    public var app_proto: String
    public var state: String
    public var packets_toserver: UInt64
    public var packets_toclient: UInt64
    public var bytes_toserver: UInt64
    public var bytes_toclient: UInt64
    public var age_seconds: Double
    public var blocked: Bool
    public var passed: Bool
    public var containers: FlowContainersReport?

    public init(
        id: UInt64, client: (String, UInt16), server: (String, UInt16), proto: UInt8, appProtocol: String, state: String,
        packets: (UInt64, UInt64), bytes: (UInt64, UInt64), ageSeconds: Double, isBlocked: Bool, isPassed: Bool,
        containers: FlowContainersReport? = nil
    ) {
        flow_id = id
        (self.client, client_port) = client
        (self.server, server_port) = server
        self.proto = proto
        app_proto = appProtocol
        self.state = state
        (packets_toserver, packets_toclient) = packets
        (bytes_toserver, bytes_toclient) = bytes
        age_seconds = ageSeconds
        blocked = isBlocked
        passed = isPassed
        self.containers = containers
    }
}

/// One verdict explained.
public struct DecisionReport: Codable, Sendable {
    /// ISO 8601 with microseconds, as in EVE.
    public var timestamp: String
    public var flow_id: UInt64
    public var src_ip: String
    public var src_port: UInt16
    public var dest_ip: String
    public var dest_port: UInt16
    public var verdict: String
    public var reason: String?
    public var signature_id: UInt32?
    public var signature: String
    public var buffer: String
    public var offset: Int
    public var length: Int
    /// The matched bytes, printable ones as they are.
    public var matched: String
    public var matched_hex: String
    /// `to_server` or `to_client`; nil outside of flows.
    public var direction: String?
    public var gid: UInt32?
    public var rev: UInt32?
    /// `FILE:LINE`
    public var rule_place: String?
    /// The match with what stands around it.
    public var context_hex: String?
    public var context_offset: Int?
    /// What was sent, where the rule saw something else.
    public var raw_hex: String?
    public var decoded: [String]?
    public var defragmented: Bool?
    public var segments_rewritten: UInt64?
    public var url: String?
    public var patch: String?
    public var patch_title: String?
    public var stage: String?
    public var canary: String?
    /// `FILE:LINE`: what decided.
    public var policy: String?
    public var exception_policy: String?
    public var exception_reason: String?
    public var exception_until: String?
    /// nil for none, or one that is not known any more.
    public var source_container: Container?
    public var destination_container: Container?

    public struct Container: Codable, Sendable {
        public var id: String
        public var name: String
        public var image: String

        public init(id: String, name: String, image: String) {
            self.id = id
            self.name = name
            self.image = image
        }
    }

    public init(
        timestamp: String, flowID: UInt64, source: (String, UInt16), destination: (String, UInt16), verdict: String,
        reason: String?, signatureID: UInt32?, signature: String, buffer: String, offset: Int, length: Int,
        matched: String, matchedHex: String
    ) {
        self.timestamp = timestamp
        flow_id = flowID
        (src_ip, src_port) = source
        (dest_ip, dest_port) = destination
        self.verdict = verdict
        self.reason = reason
        signature_id = signatureID
        self.signature = signature
        self.buffer = buffer
        self.offset = offset
        self.length = length
        self.matched = matched
        matched_hex = matchedHex
    }
}

/// Which blocked flows to let go: one of the fields.
public struct UnblockRequest: Codable, Sendable {
    public var flow_id: UInt64?
    public var address: String?
    public var all: Bool?

    public init(flowID: UInt64? = nil, address: String? = nil, all: Bool? = nil) {
        flow_id = flowID
        self.address = address
        self.all = all
    }
}

public struct UnblockReport: Codable, Sendable {
    public var unblocked: Int
    public init(unblocked: Int) { self.unblocked = unblocked }
}

public struct CounterValue: Sendable {
    public var name: String
    public var value: UInt64
    public init(name: String, value: UInt64) {
        self.name = name
        self.value = value
    }
}

struct ErrorReport: Codable {
    var error: String
}

/// A request that makes sense but cannot be done; the text goes to the caller.
public struct ControlFailure: Error, CustomStringConvertible {
    public let status: Int
    public let description: String
    public init(status: Int, _ description: String) {
        self.status = status
        self.description = description
    }
}
