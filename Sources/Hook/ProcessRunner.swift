import Foundation

/// Runs commands as processes, in the network namespace of the calling thread.
public struct ProcessRunner: CommandRunner {
    /// Words in front of every command, for example `nsenter --net=PATH`.
    public var prefix: [String]

    public init(prefix: [String] = []) { self.prefix = prefix }

    /// What a pipe holds at least (pipe(7)), so that the input can be written before the process
    /// runs: a process that ends without reading it would otherwise end this one with SIGPIPE.
    static let maximumInputBytes = 65_536

    public func run(_ command: [String], input: String) throws(HookError) -> CommandResult {
        let name = command.first ?? ""
        guard input.utf8.count <= Self.maximumInputBytes else {
            throw .commandFailed(command: name, status: -1, message: "more than 64 KiB of rules")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = prefix + command
        var environment = ProcessInfo.processInfo.environment
        environment["LC_ALL"] = "C"
        environment["PATH"] = (environment["PATH"].map { $0 + ":" } ?? "") + "/usr/sbin:/usr/bin:/sbin:/bin"
        process.environment = environment
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        do {
            try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try standardInput.fileHandleForWriting.close()
            try process.run()
        } catch {
            throw .commandFailed(command: name, status: -1, message: "\(error)")
        }
        // Complaints are short: they cannot fill their pipe while the output is read.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // env(1): the command was not found.
        guard process.terminationStatus != 127 else { throw .commandNotFound(name) }
        return CommandResult(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: String(decoding: complaint, as: UTF8.self))
    }
}
