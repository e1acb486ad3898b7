/// Prometheus' text format, version 0.0.4.
enum Prometheus {
    /// `ips.drop_reason.rules` → `rempart_ips_drop_reason_rules_total`; what can fall is a gauge.
    static func text(_ counters: [CounterValue], _ status: StatusReport) -> String {
        var text = ""
        for counter in counters {
            let isGauge =
                ["flow.active", "nfq.waiting", "detect.rules_suspended"].contains(counter.name)
                || counter.name.hasSuffix("memuse")
            let name = "rempart_" + String(counter.name.map { $0.isLetter || $0.isNumber ? $0 : "_" }) + (isGauge ? "" : "_total")
            text += "# TYPE \(name) \(isGauge ? "gauge" : "counter")\n\(name) \(counter.value)\n"
        }
        text += "# TYPE rempart_rules_loaded gauge\nrempart_rules_loaded \(status.rules_loaded)\n"
        text += "# TYPE rempart_rules_failed gauge\nrempart_rules_failed \(status.rules_failed)\n"
        text += "# TYPE rempart_reloads_total counter\nrempart_reloads_total \(status.reloads)\n"
        text += "# TYPE rempart_events_lost_total counter\nrempart_events_lost_total \(status.events_lost)\n"
        text += "# TYPE rempart_uptime_seconds gauge\nrempart_uptime_seconds \(status.uptime_seconds)\n"
        for (name, value) in [("ipv4", status.bridge_netfilter_ipv4), ("ipv6", status.bridge_netfilter_ipv6)] {
            text += "# TYPE rempart_bridge_netfilter_\(name) gauge\nrempart_bridge_netfilter_\(name) \(value == true ? 1 : 0)\n"
        }
        if let containers = status.containers {
            text += "# TYPE rempart_containers gauge\n"
            for (runtime, count) in containers.sorted(by: { $0.key < $1.key }) {
                text += "rempart_containers{runtime=\"\(runtime)\"} \(count)\n"
            }
        }
        if let runtimes = status.runtimes {
            text += "# TYPE rempart_container_runtime_followed gauge\n"
            for runtime in runtimes {
                let labels = "runtime=\"\(runtime.runtime)\",place=\"\(escaped(runtime.place))\""
                text += "rempart_container_runtime_followed{\(labels)} \(runtime.state == "following" ? 1 : 0)\n"
            }
        }
        text += "# TYPE rempart_info gauge\nrempart_info{version=\"\(status.version)\",mode=\"\(status.mode)\"} 1\n"
        return text
    }

    /// The value of a label.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
