import Foundation
import TestSupport

/// A host with a bridge, a client and an nginx server, and an ipsd with its hook on the host, all in
/// namespaces of their own. Everything ends with `stop()` or deinit.
final class Site: @unchecked Sendable {
    let topology: TestTopology
    let folder: TemporaryFolder
    private var processes: [Process] = []
    private(set) var ipsd: Process?

    static let clientPrefix = ["curl", "-s", "--max-time", "3"]
    static let programs = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().path

    var socket: String { "\(folder.path)/ipsd.sock" }
    var log: String { (try? folder.text("ipsd.log")) ?? "" }
    var url: String { "http://\(TestTopology.serverIPv4)" }
    /// HTTP/2 without TLS.
    var urlOfHTTP2: String { "\(url):83" }
    var urlOverIPv6: String { "http://[\(TestTopology.serverIPv6)]" }

    init() throws {
        topology = try TestTopology()
        folder = try TemporaryFolder()
        try startServer()
    }

    deinit { stop() }

    // MARK: ipsd

    /// Starts ipsd with its hook; returns once it says that it is ready.
    func startDaemon(rules: String, arguments: [String] = [], queues: String = "0", hook: [String] = []) throws {
        try folder.write("site.rules", rules)
        let process = try launchDaemon(
            ["--rules", "\(folder.path)/site.rules", "--queues", queues, "--eve", "\(folder.path)/eve.json"] + arguments,
            log: "ipsd.log")
        ipsd = process
        try wait("ipsd is ready") { log.contains("ready") || !process.isRunning }
        guard process.isRunning else { throw Failure(what: "ipsd ended: \(log)") }
        try topology.run(in: topology.host, ["\(Self.programs)/ipsctl", "hook", "install", "--queues", queues] + hook)
    }

    func launchDaemon(_ arguments: [String], log: String, prefix: [String] = []) throws -> Process {
        try launch(
            in: topology.host, prefix + ["\(Self.programs)/ipsd", "--control", socket] + arguments,
            output: log)
    }

    func control(_ arguments: String...) throws -> String {
        try topology.run(in: topology.host, ["\(Self.programs)/ipsctl", "--control", socket] + arguments)
    }

    /// SIGTERM, then the exit status.
    func endDaemon() throws -> Int32 {
        guard let ipsd else { throw Failure(what: "no ipsd runs") }
        ipsd.terminate()
        try wait("ipsd ends") { !ipsd.isRunning }
        return ipsd.terminationStatus
    }

    /// The EVE records of one type.
    func events(_ type: String) throws -> [[String: Any]] {
        try Self.records(try folder.text("eve.json")).filter { $0["event_type"] as? String == type }
    }

    static func records(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    // MARK: Traffic

    /// The status code of a request from the client, "000" when nothing answers.
    func request(_ target: String, _ arguments: [String] = [], over url: String? = nil) -> String {
        let command =
            Self.clientPrefix + ["-o", "/dev/null", "-w", "%{http_code}", "--path-as-is"] + arguments + [(url ?? self.url) + target]
        do {
            return try topology.run(in: topology.client, command)
        } catch {
            return "000"
        }
    }

    var serverLog: String { (try? folder.text("access.log")) ?? "" }

    func wait(_ what: String, seconds: Double = 20, until condition: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            if try condition() { return }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw Failure(what: "waited \(seconds) s for: \(what)\n\(log)")
    }

    // MARK: Processes

    @discardableResult
    func launch(in namespace: String, _ command: [String], output: String) throws -> Process {
        let process = try TestTopology.launch(in: namespace, command, output: try folder.write(output, ""))
        processes.append(process)
        return process
    }

    private func startServer() throws {
        try folder.write("www/index.html", "hello")
        try folder.write("www/big", [UInt8](repeating: 0x62, count: 30_000_000))
        try folder.write(
            "nginx.conf",
            """
            daemon off;
            master_process off;
            user root;
            pid \(folder.path)/nginx.pid;
            error_log \(folder.path)/error.log;
            events { worker_connections 512; }
            http {
                log_format raw escape=none '$request | $http_user_agent';
                access_log \(folder.path)/access.log raw;
                client_body_temp_path \(folder.path)/t1; proxy_temp_path \(folder.path)/t2;
                fastcgi_temp_path \(folder.path)/t3; uwsgi_temp_path \(folder.path)/t4; scgi_temp_path \(folder.path)/t5;
                server { listen 80; listen [::]:80; root \(folder.path)/www; }
                # Answers when a request is whole, body and all: it goes on to another server first.
                log_format flow '$remote_port $status';
                upstream whole { server 127.0.0.1:8081; keepalive 4; }
                server {
                    listen 81; listen [::]:81; listen 82 http2;
                    access_log \(folder.path)/flows.log flow;
                    keepalive_requests 5000;
                    location / { proxy_pass http://whole; proxy_ignore_client_abort on; }
                }
                server { listen 127.0.0.1:8081; access_log off; location / { return 200 "ok"; } }
                server { listen 83 http2; root \(folder.path)/www; }
            }
            """)
        try launch(in: topology.server, ["nginx", "-c", "\(folder.path)/nginx.conf", "-p", folder.path], output: "nginx.log")
        try wait("nginx answers") { request("/") == "200" }
    }

    /// SIGKILL: a process that is started from one of Dispatch's threads has every other signal blocked.
    func end(_ process: Process) throws {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        try wait("a process ends") { !process.isRunning }
    }

    /// Ends every process that this site started, by its PID.
    func stop() {
        for process in processes.reversed() { try? end(process) }
        topology.destroy()
    }

    struct Failure: Error, CustomStringConvertible {
        let what: String
        var description: String { what }
    }
}
