import Foundation

/// nginx with one object, in the server's namespace.
struct WebServer {
    static let objectBytes = 600
    static let url = "http://\(BenchNetwork.serverAddress)/object"
    private let process: ChildProcess

    init(_ network: BenchNetwork, folder: String, cleanup: Cleanup) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/www", withIntermediateDirectories: true)
        try OutputFile.write(String(repeating: "x", count: Self.objectBytes), to: "\(folder)/www/object")
        let configuration = "\(folder)/nginx.conf"
        try OutputFile.write(Self.configuration(folder), to: configuration)
        let process = try ChildProcess(
            BenchNetwork.inside(network.server, ["nginx", "-c", configuration, "-p", folder]), name: "nginx",
            output: "\(folder)/nginx.log", cleanup: cleanup)
        self.process = process
        // From its own namespace, so that no queue is asked.
        let probe = ["bash", "-c", "exec 3<>/dev/tcp/\(BenchNetwork.serverAddress)/80"]
        try process.wait { (try? Command.run(BenchNetwork.inside(network.server, probe))) != nil }
    }

    func end() { process.end() }

    private static func configuration(_ folder: String) -> String {
        """
        daemon off;
        master_process off;
        user root;
        pid \(folder)/nginx.pid;
        error_log \(folder)/error.log;
        events { worker_connections 1024; }
        http {
            access_log off;
            keepalive_requests 100000000;
            client_body_temp_path \(folder)/t1; proxy_temp_path \(folder)/t2;
            fastcgi_temp_path \(folder)/t3; uwsgi_temp_path \(folder)/t4; scgi_temp_path \(folder)/t5;
            server { listen 80 backlog=4096; root \(folder)/www; }
        }
        """
    }
}
