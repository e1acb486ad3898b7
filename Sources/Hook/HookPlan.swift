/// The rules of the hook, as text for the netfilter tools.
///
/// The rules stand in the mangle table, after the rules that are there already: an accept verdict
/// ends its table, so in the filter table it would pass by the container engine's own isolation,
/// and in front of other mangle rules it would pass by those. They are appended because TCPMSS and
/// the like must still be applied.
public enum HookPlan {
    static let chains = ["REMPART-FORWARD", "REMPART-INPUT", "REMPART-OUTPUT", "REMPART-QUEUE"]
    static let jumps = [
        "FORWARD -j REMPART-FORWARD", "INPUT -j REMPART-INPUT", "OUTPUT -j REMPART-OUTPUT",
    ]
    static let nativeTable = "rempart"

    /// Router and neighbour solicitation and advertisement, redirect (RFC 4861): without them
    /// nothing else works, and a daemon that hangs must not take the addresses away.
    private static let neighbourDiscovery = 133...137

    // MARK: iptables

    /// Input of `iptables-restore --noflush`: the chains are made anew in one step, the jumps as
    /// far as they are missing.
    static func installScript(_ options: HookOptions, _ family: HookOptions.Family, over current: MangleTable) -> String {
        var lines = ["*mangle"]
        lines += chains.map { ":\($0) - [0:0]" }
        lines += ["-A REMPART-FORWARD -g REMPART-QUEUE", "-A REMPART-INPUT -i lo -j RETURN"]
        lines += options.interfaces.map { "-A REMPART-INPUT -i \($0) -g REMPART-QUEUE" }
        lines += ["-A REMPART-OUTPUT -o lo -j RETURN"]
        lines += options.interfaces.map { "-A REMPART-OUTPUT -o \($0) -g REMPART-QUEUE" }
        lines += queueRules(options, family).map { "-A REMPART-QUEUE \($0)" }

        var present = Set<String>()
        for jump in current.jumps where !(jumps.contains(jump) && present.insert(jump).inserted) {
            lines.append("-D \(jump)")
        }
        lines += jumps.filter { !present.contains($0) }.map { "-A \($0)" }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    private static func queueRules(_ options: HookOptions, _ family: HookOptions.Family) -> [String] {
        var rules: [String] = []
        if let mark = options.ownPacketsMark { rules.append("-m mark --mark \(text(mark)) -j RETURN") }
        if family == .ipv6 {
            rules += neighbourDiscovery.map { "-p ipv6-icmp -m icmp6 --icmpv6-type \($0) -j RETURN" }
        }
        if let mark = options.offloadMark {
            let mask = hexadecimal(mark.mask)
            rules += [
                "-m connmark --mark \(text(mark)) -j RETURN",
                "-m mark --mark \(text(mark)) -j CONNMARK --save-mark --nfmask \(mask) --ctmask \(mask)",
                "-m mark --mark \(text(mark)) -j RETURN",
            ]
        }
        let (first, last) = (options.queues.lowerBound, options.queues.upperBound)
        let queues = first == last ? "--queue-num \(first)" : "--queue-balance \(first):\(last)"
        rules.append("-j NFQUEUE \(queues)" + (options.failsOpen ? " --queue-bypass" : ""))
        return rules
    }

    /// Input of `iptables-restore --noflush` that takes out what is there; nil when nothing is.
    static func removeScript(_ current: MangleTable) -> String? {
        guard !current.isEmpty else { return nil }
        let present = chains.filter { current.chains[$0] != nil }
        let lines =
            ["*mangle"] + current.jumps.map { "-D \($0)" } + present.map { "-F \($0)" } + present.map { "-X \($0)" }
        return (lines + ["COMMIT", ""]).joined(separator: "\n")
    }

    private static func text(_ mark: HookOptions.Mark) -> String {
        hexadecimal(mark.value) + (mark.mask == .max ? "" : "/" + hexadecimal(mark.mask))
    }

    private static func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

    // MARK: nft

    /// Input of `nft -f -`: a table of its own, replaced in one step.
    static func nativeInstallScript(_ options: HookOptions) -> String {
        let interfaces = options.interfaces.map { "\"\($0.hasSuffix("+") ? $0.dropLast() + "*" : $0[...])\"" }
        let hook = "priority -149; policy accept;"
        var lines = [
            "table inet \(nativeTable) {}", "delete table inet \(nativeTable)", "table inet \(nativeTable) {",
            "  chain queued {",
        ]
        lines += nativeQueueRules(options).map { "    \($0)" }
        lines += ["  }", "  chain forward {", "    type filter hook forward \(hook)", "    goto queued", "  }"]
        lines += ["  chain input {", "    type filter hook input \(hook)", "    iifname \"lo\" return"]
        lines += interfaces.map { "    iifname \($0) goto queued" }
        lines += ["  }", "  chain output {", "    type filter hook output \(hook)", "    oifname \"lo\" return"]
        lines += interfaces.map { "    oifname \($0) goto queued" }
        return (lines + ["  }", "}", ""]).joined(separator: "\n")
    }

    private static func nativeQueueRules(_ options: HookOptions) -> [String] {
        var rules: [String] = []
        if !options.families.contains(.ipv4) { rules.append("meta nfproto ipv4 return") }
        if !options.families.contains(.ipv6) { rules.append("meta nfproto ipv6 return") }
        if let mark = options.ownPacketsMark { rules.append("meta mark \(nativeMatch(mark)) return") }
        rules.append("icmpv6 type \(neighbourDiscovery.lowerBound)-\(neighbourDiscovery.upperBound) return")
        if let mark = options.offloadMark {
            rules += [
                "ct mark \(nativeMatch(mark)) return",
                "meta mark \(nativeMatch(mark)) ct mark set ct mark & \(hexadecimal(~mark.mask)) "
                    + "| \(hexadecimal(mark.value)) return",
            ]
        }
        let (first, last) = (options.queues.lowerBound, options.queues.upperBound)
        rules.append("queue num \(first)" + (first == last ? "" : "-\(last)") + (options.failsOpen ? " bypass" : ""))
        return rules
    }

    private static func nativeMatch(_ mark: HookOptions.Mark) -> String {
        "& \(hexadecimal(mark.mask)) == \(hexadecimal(mark.value))"
    }
}
