/// Runs the netfilter tools; behind it are processes or a test.
public protocol CommandRunner: Sendable {
    /// `input` goes to standard input. Throws only when the command could not be run at all.
    func run(_ command: [String], input: String) throws(HookError) -> CommandResult
}

public struct CommandResult: Equatable, Sendable {
    public var status: Int32
    public var output: String
    public var errors: String

    public init(status: Int32 = 0, output: String = "", errors: String = "") {
        self.status = status
        self.output = output
        self.errors = errors
    }
}

extension CommandRunner {
    /// Runs a command that has to succeed and returns its output.
    func expect(_ command: [String], input: String = "") throws(HookError) -> String {
        let result = try run(command, input: input)
        guard result.status == 0 else {
            throw .commandFailed(
                command: command.joined(separator: " "), status: result.status,
                message: result.errors.split(separator: "\n").joined(separator: "; "))
        }
        return result.output
    }

    /// A command's output, or nil when it fails or is not there.
    func output(_ command: [String], input: String = "") -> String? {
        guard let result = try? run(command, input: input), result.status == 0 else { return nil }
        return result.output
    }
}
