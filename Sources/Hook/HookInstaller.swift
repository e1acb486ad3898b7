/// Puts the hook's rules into the kernel, takes them out, and reads what is there.
public struct HookInstaller {
    private let runner: any CommandRunner

    public init(runner: any CommandRunner = ProcessRunner()) { self.runner = runner }

    // MARK: Commands

    /// Puts the rules in place of those that an earlier install left, whatever its backend was.
    /// Returns what was done, in sentences.
    @discardableResult
    public func install(_ options: HookOptions) throws(HookError) -> [String] {
        for interface in options.interfaces where !HookOptions.isInterfacePattern(interface) {
            throw .notAnInterface(interface)
        }
        let backend: HookOptions.Backend
        if let wanted = options.backend { backend = wanted } else { backend = try chooseBackend() }

        var done: [String] = []
        if backend == .native {
            _ = try runner.expect(["nft", "-f", "-"], input: HookPlan.nativeInstallScript(options))
            done.append("hook installed as nft table inet \(HookPlan.nativeTable)")
        } else {
            for family in options.families {
                let table = try table(backend, family)
                let script = HookPlan.installScript(options, family, over: table)
                _ = try runner.expect(restoreCommand(backend, family), input: script)
                done.append("hook installed for \(family.rawValue) (\(Self.tool(backend, family)), table mangle)")
            }
        }
        // The new rules are in place before the old ones go, so no packet passes by both; with
        // both a packet is queued twice at worst.
        done += try remove { entryBackend, family in
            entryBackend != backend || backend != .native && family.map { !options.families.contains($0) } ?? false
        }
        if options.setsBridgeNetfilter { done += setBridgeNetfilter(options.families) }
        return done
    }

    /// Takes out all that install put in, for every backend that is here. Returns what was done.
    @discardableResult
    public func remove() throws(HookError) -> [String] {
        let done = try remove { _, _ in true }
        return done.isEmpty ? ["no hook was installed"] : done
    }

    public func show() throws(HookError) -> HookStatus {
        var entries: [HookStatus.Entry] = []
        for backend in [HookOptions.Backend.legacy, .nft] {
            for family in HookOptions.Family.allCases {
                let table = try table(backend, family)
                entries.append(
                    .init(
                        backend: backend, family: family,
                        state: table.isEmpty ? .absent : table.isComplete ? .installed : .partial,
                        rules: table.chains["REMPART-QUEUE"] ?? []))
            }
        }
        let native = nativeListing()
        entries.append(
            .init(
                backend: .native, family: nil, state: native == nil ? .absent : .installed,
                rules: native.map { $0.split(separator: "\n").map { $0.trimmed } } ?? []))
        return HookStatus(
            entries: entries, bridgeNetfilterIPv4: bridgeNetfilter(.ipv4), bridgeNetfilterIPv6: bridgeNetfilter(.ipv6))
    }

    // MARK: Backends

    /// The backend that the container engine seems to use: legacy when legacy tables are in use
    /// (both may be, and both work, for all of them hang on the same hooks). Otherwise nft's own
    /// form where the kernel has the queue expression, and iptables-nft where it does not.
    func chooseBackend() throws(HookError) -> HookOptions.Backend {
        if isThere(.legacy), !legacyTables(.ipv4).isEmpty { return .legacy }
        let probe = HookPlan.nativeInstallScript(HookOptions(queues: 0...0))
        if runner.output(["nft", "-c", "-f", "-"], input: probe) != nil { return .native }
        for backend in [HookOptions.Backend.nft, .legacy] where isThere(backend) { return backend }
        throw .noBackend
    }

    private func isThere(_ backend: HookOptions.Backend) -> Bool {
        runner.output([Self.tool(backend, .ipv4), "--version"]) != nil
    }

    private static func tool(_ backend: HookOptions.Backend, _ family: HookOptions.Family) -> String {
        (family == .ipv4 ? "iptables-" : "ip6tables-") + backend.rawValue
    }

    private func restoreCommand(_ backend: HookOptions.Backend, _ family: HookOptions.Family) -> [String] {
        [Self.tool(backend, family) + "-restore", "--noflush", "-w", "10"]
    }

    /// Names of the legacy tables of this network namespace. The kernel makes a table when it is
    /// first asked for; the question must not be what makes it.
    private func legacyTables(_ family: HookOptions.Family) -> [Substring] {
        let file = family == .ipv4 ? "ip_tables_names" : "ip6_tables_names"
        return runner.output(["cat", "/proc/self/net/\(file)"])?.split(separator: "\n") ?? []
    }

    /// What is there of the hook in one mangle table; nothing where the tool itself is missing.
    private func table(_ backend: HookOptions.Backend, _ family: HookOptions.Family) throws(HookError) -> MangleTable {
        if backend == .legacy, !legacyTables(family).contains("mangle") { return MangleTable() }
        let save = [Self.tool(backend, family) + "-save", "-t", "mangle"]
        do {
            return MangleTable(saved: try runner.expect(save))
        } catch .commandNotFound {
            return MangleTable()
        }
    }

    private func nativeListing() -> String? {
        runner.output(["nft", "list", "table", "inet", HookPlan.nativeTable])
    }

    // MARK: Removal

    private func remove(
        where isUnwanted: (HookOptions.Backend, HookOptions.Family?) -> Bool
    ) throws(HookError) -> [String] {
        var done: [String] = []
        for backend in [HookOptions.Backend.legacy, .nft] {
            for family in HookOptions.Family.allCases where isUnwanted(backend, family) {
                guard let script = HookPlan.removeScript(try table(backend, family)) else { continue }
                _ = try runner.expect(restoreCommand(backend, family), input: script)
                done.append("hook removed for \(family.rawValue) (\(Self.tool(backend, family)))")
            }
        }
        if isUnwanted(.native, nil), nativeListing() != nil {
            _ = try runner.expect(["nft", "delete", "table", "inet", HookPlan.nativeTable])
            done.append("hook removed (nft table inet \(HookPlan.nativeTable))")
        }
        return done
    }

    // MARK: Bridges

    private static func bridgeSetting(_ family: HookOptions.Family) -> String {
        "bridge-nf-call-" + (family == .ipv4 ? "iptables" : "ip6tables")
    }

    private func bridgeNetfilter(_ family: HookOptions.Family) -> Bool? {
        runner.output(["cat", "/proc/sys/net/bridge/\(Self.bridgeSetting(family))"]).map { $0.trimmed == "1" }
    }

    private func setBridgeNetfilter(_ families: [HookOptions.Family]) -> [String] {
        if bridgeNetfilter(.ipv4) == nil { _ = runner.output(["modprobe", "br_netfilter"]) }
        return families.compactMap { family in
            let name = "net.bridge." + Self.bridgeSetting(family)
            switch bridgeNetfilter(family) {
            case true?: return nil
            case false? where runner.output(["sysctl", "-q", "-w", "\(name)=1"]) != nil: return "\(name) set to 1"
            default:
                return "warning: \(name) cannot be set (module br_netfilter): "
                    + "traffic between containers on one bridge is not inspected"
            }
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
