import Foundation
import TestSupport
import Testing

/// What ipsd cannot do it says in one line, and nothing else is hurt.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(3)))
struct RefusalTests {
    private func outcome(_ process: Process, _ site: Site, _ log: String) throws -> (status: Int32, text: String) {
        try site.wait("the process ends") { !process.isRunning }
        return (process.terminationStatus, try site.folder.text(log))
    }

    @Test func aSecondDaemonOnTheSameQueue() throws {
        let site = try Site()
        try site.startDaemon(rules: "drop http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n")
        let second = try site.launchDaemon(["--control", "\(site.folder.path)/2.sock", "--rules", "\(site.folder.path)/site.rules"], log: "second.log")
        let (status, text) = try outcome(second, site, "second.log")
        #expect(status == 1 && text.contains("queue 0") && text.split(separator: "\n").count <= 3, "\(text)")
        // Another queue, but the first one's control socket.
        let third = try site.launchDaemon(["--queues", "7", "--rules", "\(site.folder.path)/site.rules"], log: "third.log")
        let other = try outcome(third, site, "third.log")
        #expect(other.status == 1 && other.text.contains("another ipsd"), "\(other.text)")
        #expect(site.request("/") == "200" && site.request("/evil", ["--max-time", "1"]) == "000")
    }

    @Test func aMissingCapability() throws {
        let site = try Site()
        let rules = try site.folder.write("none.rules", "")
        let process = try site.launchDaemon(
            ["--rules", rules], log: "ipsd.log", prefix: ["setpriv", "--bounding-set", "-net_admin"])
        let (status, text) = try outcome(process, site, "ipsd.log")
        #expect(status == 1 && text.contains("CAP_NET_ADMIN"), "\(text)")
    }

    @Test(arguments: [
        (["--queues", "9-1"], "queue number"), (["--config", "/nonexistent.yaml"], "/nonexistent.yaml"),
        (["--rules", "/nonexistent.rules"], "/nonexistent.rules"), (["--mode", "maybe"], "maybe"),
        (["--log-level", "loud"], "loud"),
    ])
    func unusableArguments(arguments: [String], says: String) throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(Site.programs)/ipsd")
        process.arguments = arguments + ["--control", "\(folder.path)/s"]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == (arguments.first == "--rules" ? 1 : 2), "\(text)")
        #expect(text.contains(says) && text.split(separator: "\n").filter { $0.hasPrefix("ipsd:") }.count == 1, "\(text)")
    }

    @Test func aBrokenConfigurationFile() throws {
        let site = try Site()
        let file = try site.folder.write("ipsd.yaml", "mode: prevent\nqueue:\n  lenght: 5\n")
        let process = try site.launchDaemon(["--config", file], log: "ipsd.log")
        let (status, text) = try outcome(process, site, "ipsd.log")
        #expect(status == 2 && text.contains("ipsd.yaml:3:") && text.contains("lenght"), "\(text)")
    }
}
