import Foundation

/// Short commands, run to their end.
enum Command {
    /// Standard output of a command that has to succeed.
    @discardableResult
    static func run(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { throw Failure.unusable("\(words[0]): \(error)") }
        // Messages are short: standard error cannot fill its pipe while standard output is read.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let reason = complaint.split(separator: "\n").joined(separator: "; ")
            throw Failure.unmet("\(words.joined(separator: " ")): status \(process.terminationStatus): \(reason)")
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func isInstalled(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return "\(path):/usr/sbin:/sbin".split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
}
