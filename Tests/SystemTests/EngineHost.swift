import Foundation
import TestSupport
import Testing

/// A host in a network namespace of its own, with a real container engine, an ipsd that follows it and the hook. It has no
/// link to anywhere else; images are made from this machine's busybox.
final class EngineHost: @unchecked Sendable {
    enum Kind: String { case docker, podman }

    let kind: Kind
    let folder: TemporaryFolder
    let namespace: String
    private var processes: [Process] = []

    static let rule = """
        drop tcp any any -> any any (msg:"evil"; flow:to_server; content:"evil"; sid:1;)
        drop udp any any -> any any (msg:"evil datagram"; content:"evil"; sid:2;)

        """
    private static let programs = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().path

    /// What to say when tests are skipped.
    static func requirement(_ kind: Kind) -> Comment { "needs root, network namespaces, busybox and \(kind.rawValue)" }

    static func isSupported(_ kind: Kind) -> Bool {
        guard TestTopology.isSupported, FileManager.default.isExecutableFile(atPath: "/bin/busybox") else { return false }
        let program = kind == .docker ? "dockerd" : "podman"
        return (try? TestTopology.runCommand([program, "--version"])) != nil
    }

    init(_ kind: Kind, extra: [String] = []) throws {
        self.kind = kind
        folder = try TemporaryFolder()
        namespace = "rp-\(getpid())-\(UInt32.random(in: 0...0xFFFFF))-e"
        do {
            try TestTopology.runCommand(["ip", "netns", "add", namespace])
            try TestTopology.runCommand(["ip", "-n", namespace, "link", "set", "lo", "up"])
            try run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
            try prepare()
            try startEngine(extra)
            try makeImage()
            try startDaemon()
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    // MARK: The engine

    var socket: String { "\(folder.path)/engine.sock" }
    private var taskFolder: String { "\(folder.path)/exec/containerd/daemon/io.containerd.runtime.v2.task" }

    /// The legacy iptables first in the path: what the engine and the hook use is the same in every kernel.
    private var environment: [String] {
        [
            "env", "PATH=\(folder.path)/bin:/usr/sbin:/usr/bin:/sbin:/bin", "CONTAINERS_CONF=\(folder.path)/containers.conf",
            "CONTAINERS_STORAGE_CONF=\(folder.path)/storage.conf", "CONTAINERS_REGISTRIES_CONF=\(folder.path)/registries.conf",
        ]
    }

    private func prepare() throws {
        for name in ["iptables", "ip6tables", "iptables-save", "ip6tables-save", "iptables-restore", "ip6tables-restore"] {
            let legacy = name.replacingOccurrences(of: "tables", with: "tables-legacy")
            try folder.write("bin/.keep", "")
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/bin/\(name)", withDestinationPath: "/usr/sbin/\(legacy)")
        }
        try folder.write("daemon.json", "{}")
        try folder.write("registries.conf", "unqualified-search-registries = []\n")
        try folder.write(
            "storage.conf",
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"\(folder.path)/graph\"\nrunroot = \"\(folder.path)/run\"\n")
        // Limits of processes lower than this machine's, which podman could not raise.
        try folder.write(
            "containers.conf",
            """
            [containers]
            log_driver = "k8s-file"
            default_ulimits = ["nofile=4096:8192", "nproc=4096:8192"]
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            runtime = "runc"
            tmp_dir = "\(folder.path)/tmp"
            [network]
            network_backend = "netavark"
            network_config_dir = "\(folder.path)/networks"
            default_subnet = "198.18.20.0/24"
            default_subnet_pools = [ {"base" = "198.18.128.0/17", "size" = 24} ]

            """)
    }

    func startEngine(_ extra: [String] = []) throws {
        switch kind {
        case .docker:
            try launch(
                environment + [
                    "dockerd", "--data-root", "\(folder.path)/data", "--exec-root", "\(folder.path)/exec", "-H", "unix://\(socket)",
                    "--pidfile", "\(folder.path)/docker.pid", "--bip", "198.18.10.1/24", "--default-address-pool",
                    "base=198.18.64.0/18,size=24", "--oom-score-adjust", "0", "--config-file", "\(folder.path)/daemon.json",
                ] + extra, output: "engine.log")
        case .podman:
            try launch(environment + ["podman", "system", "service", "-t", "0", "unix://\(socket)"], output: "engine.log")
        }
        try wait("the engine answers") { (try? run(["curl", "-sf", "--unix-socket", socket, "http://d/_ping"])) != nil }
    }

    /// SIGKILL, as a crash would.
    func killEngine() throws {
        let name = kind == .docker ? "docker.pid" : "none"
        guard let process = Int32(try folder.text(name).trimmingCharacters(in: .whitespacesAndNewlines)) else { return }
        kill(process, SIGKILL)
        try wait("the engine ends") { !Self.isAlive(process) }
        try? folder.remove(name)
    }

    private func makeImage() throws {
        try folder.write("image/bin/.keep", "")
        try folder.write("image/www/index.html", "hello")
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: "\(folder.path)/image/bin/busybox")
        for name in ["sh", "sleep", "httpd", "ip"] {
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/image/bin/\(name)", withDestinationPath: "busybox")
        }
        // It speaks TCP and UDP by itself; busybox, being static, can't look names up.
        let bash = "/bin/bash"
        let libraries = try TestTopology.runCommand(["ldd", bash]).split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("/") }
        for file in [bash] + libraries.map(String.init) {
            let copy = "\(folder.path)/image\(file)"
            try FileManager.default.createDirectory(
                atPath: (copy as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try TestTopology.runCommand(["cp", "-L", file, copy])
        }
        try run(["tar", "-C", "\(folder.path)/image", "-cf", "\(folder.path)/image.tar", "."])
        try engine("import", "\(folder.path)/image.tar", "shop/web:1")
    }

    /// A command of the engine's own client, without this process's pipes: what outlives it would hold them open, and
    /// nobody would see that it has ended.
    @discardableResult
    func engine(_ arguments: String...) throws -> String { try engine(arguments) }

    private func engine(_ arguments: [String]) throws -> String {
        let program = kind == .docker ? ["docker", "-H", "unix://\(socket)"] : ["podman"]
        do {
            let close = "for n in $(ls /proc/self/fd); do [ $n -gt 2 ] && eval \"exec $n>&-\"; done"
            try run(
                environment + ["bash", "-c", "(\(close); exec \"$@\") > \(folder.path)/out 2> \(folder.path)/errors", "bash"]
                    + program + arguments)
        } catch {
            throw Site.Failure(what: "\(arguments.joined(separator: " ")): \((try? folder.text("errors")) ?? "\(error)")")
        }
        return try folder.text("out").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A container's command that serves /www on port 80.
    static let server = ["httpd", "-f", "-h", "/www"]

    @discardableResult
    func start(_ name: String, _ options: [String] = [], command: [String] = ["sleep", "1000"]) throws -> String {
        let image = kind == .docker ? "shop/web:1" : "localhost/shop/web:1"
        return try engine(["run", "-d", "--name", name] + options + [image] + command)
    }

    /// A script for bash that asks for a path and says the first line of the answer, within two seconds.
    static func request(_ path: String, of address: String) -> [String] {
        [
            "bash", "-c",
            "exec 3<>/dev/tcp/\(address)/80; printf 'GET \(path) HTTP/1.0\\r\\nHost: web\\r\\n\\r\\n' >&3; read -t 2 -r line <&3; echo \"$line\"",
        ]
    }

    /// The first line of the answer that a container gets; nothing when there is none.
    func request(from name: String, _ path: String, of address: String) throws -> String {
        try engine(["exec", name] + Self.request(path, of: address))
    }

    // MARK: ipsd

    private func startDaemon() throws {
        try folder.write("site.rules", Self.rule)
        try folder.write(
            "ipsd.yaml",
            """
            rules: \(folder.path)/site.rules
            eve: \(folder.path)/eve.json
            control: \(folder.path)/ipsd.sock
            containers:
              runtimes: auto
              \(kind.rawValue)-sockets: \(socket)
              \(kind == .docker ? "podman" : "docker")-sockets: \(folder.path)/nobody.sock
              containerd-folders: \(taskFolder)

            """)
        try launch(["\(Self.programs)/ipsd", "--config", "\(folder.path)/ipsd.yaml"], output: "ipsd.log")
        try wait("ipsd is ready") { log.contains("ready") }
        try run(environment + ["\(Self.programs)/ipsctl", "hook", "install", "--queues", "0"])
        try wait("ipsd follows the engine") { log.contains("\(kind.rawValue) at \(socket) is followed") }
    }

    var log: String { (try? folder.text("ipsd.log")) ?? "" }

    func control(_ arguments: String...) throws -> String {
        try run(["\(Self.programs)/ipsctl", "--control", "\(folder.path)/ipsd.sock"] + arguments)
    }

    /// Those that `ipsctl containers` lists, by name.
    func containers() throws -> [String: [String: Any]] {
        let list = try JSONSerialization.jsonObject(with: Data(try control("containers", "--json").utf8)) as? [[String: Any]] ?? []
        return Dictionary(list.compactMap { container in (container["name"] as? String).map { ($0, container) } }) { $1 }
    }

    /// The EVE records of one type.
    func events(_ type: String) throws -> [[String: Any]] {
        try Site.records(try folder.text("eve.json")).filter { $0["event_type"] as? String == type }
    }

    /// A member of one end's container of a record, such as `src` and `name`.
    static func container(_ record: [String: Any]?, _ end: String, _ member: String = "name") -> String? {
        ((record?["containers"] as? [String: Any])?[end] as? [String: Any])?[member] as? String
    }

    // MARK: Processes

    @discardableResult
    func run(_ command: [String]) throws -> String { try TestTopology.runCommand(TestTopology.prefix(namespace) + command) }

    private func launch(_ command: [String], output: String) throws {
        processes.append(try TestTopology.launch(in: namespace, command, output: try folder.write(output, "")))
    }

    func wait(_ what: String, seconds: Double = 30, until condition: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            if try condition() { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw Site.Failure(what: "waited \(seconds) s for: \(what)\n\(log)\n\((try? folder.text("engine.log"))?.suffix(2000) ?? "")")
    }

    /// One that has ended and was not waited for yet is a zombie: what it started may hold its pipes open.
    private static func isAlive(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !(status.split(separator: ")").last?.hasPrefix(" Z") ?? true)
    }

    /// Ends the containers, then every process that was started here, by its PID.
    func stop() {
        if let ids = try? engine("ps", "-aq"), !ids.isEmpty {
            for id in ids.split(separator: "\n") { _ = try? engine("rm", "-f", String(id)) }
        }
        for process in processes.reversed() where Self.isAlive(process.processIdentifier) {
            let isEngine = process.arguments?.contains("dockerd") ?? false
            kill(process.processIdentifier, isEngine ? SIGTERM : SIGKILL)
        }
        // dockerd takes its containerd with it, in order.
        let deadline = Date(timeIntervalSinceNow: 20)
        while processes.contains(where: { Self.isAlive($0.processIdentifier) }), Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        for process in processes where Self.isAlive(process.processIdentifier) { kill(process.processIdentifier, SIGKILL) }
        for place in ["data", "graph/overlay", "graph"] { _ = try? TestTopology.runCommand(["umount", "\(folder.path)/\(place)"]) }
        _ = try? TestTopology.runCommand(["ip", "netns", "del", namespace])
    }
}
