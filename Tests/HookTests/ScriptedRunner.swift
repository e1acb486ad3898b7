import Synchronization

@testable import Hook

/// Tools whose answers are a table; commands that are not in it are not found.
final class ScriptedRunner: CommandRunner {
    private let answers: [String: CommandResult]
    private let log = Mutex<[String]>([])

    init(_ answers: [String: CommandResult] = [:]) { self.answers = answers }

    var commands: [String] { log.withLock { $0 } }

    func run(_ command: [String], input: String) throws(HookError) -> CommandResult {
        let text = command.joined(separator: " ")
        log.withLock { $0.append(text) }
        guard let answer = answers[text] else { throw .commandNotFound(command[0]) }
        return answer
    }
}
