import Foundation

/// A process in the background, with its output in a file; ended by its PID.
final class ChildProcess {
    private let process = Process()
    private let name: String
    private let outputPath: String
    private let cleanup: Cleanup

    /// - Parameter output: a file for standard output and standard error.
    init(_ words: [String], name: String, output: String, cleanup: Cleanup) throws {
        self.name = name
        self.cleanup = cleanup
        outputPath = output
        try OutputFile.write("", to: output)
        let handle = FileHandle(forWritingAtPath: output)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        cleanup.add(process: process.processIdentifier)
    }

    var output: String {
        FileManager.default.contents(atPath: outputPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// User and system time so far.
    var cpuSeconds: Double {
        guard let stat = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return 0 }
        // proc(5): utime and stime are fields 14 and 15; the name, field 2, may hold blanks.
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Waits until the condition holds.
    func wait(until condition: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: 30)
        while try !condition() {
            guard process.isRunning, Date() < deadline else {
                throw Failure.unmet("\(name) did not get ready: \(output.split(separator: "\n").joined(separator: "; "))")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// SIGTERM, and SIGKILL for one that stays.
    func end() {
        let deadline = Date(timeIntervalSinceNow: 5)
        process.terminate()
        while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        cleanup.remove(process: process.processIdentifier)
    }
}
