import AppLayer
import Events

extension FTPRecord {
    init(_ transaction: FTPTransaction) {
        self.init()
        command = transaction.command.isEmpty ? nil : transaction.command
        argument = transaction.argument.isEmpty ? nil : transaction.argument
        replies = transaction.replies.map(\.text)
        completionCodes = transaction.replies.map(\.code).filter { !$0.isEmpty }
    }
}
