import AppLayer
import Events

extension FTPRecord {
    init(_ transaction: FTPTransaction) {
        self.init()
        command = transaction.command.isEmpty ? nil : transaction.command
        argument = transaction.argument.isEmpty ? nil : transaction.argument
        replies = transaction.replies.map(\.text)
        dynamicPort = transaction.dynamicPort
        mode = transaction.isPassive.map { $0 ? "passive" : "active" }
        completionCodes = transaction.replies.map(\.code).filter { !$0.isEmpty }
    }
}

extension FTPDataRecord {
    init(_ transaction: FTPDataTransaction) {
        self.init()
        filename = transaction.transfer.name
        // As Suricata has them: what is stored under another command is stored.
        command = Array((transaction.transfer.isUpload ? "STOR" : "RETR").utf8)
    }
}
