import Wire

/// Where commands, replies and messages lie in the bytes.
extension SMTPConnection {
    /// To be told of each line from the client once it was taken.
    ///
    /// - Parameters:
    ///   - bytes: the line with its end.
    ///   - left: bytes of the chunk behind it.
    ///   - wasCommand: it came where commands are expected.
    func noteLine(_ bytes: [UInt8], left: Int, wasCommand: Bool, isStart: Bool) {
        guard let frames else { return }
        let end = frames.position(.toServer) &- UInt64(left)
        let start = end &- UInt64(bytes.count)
        if wasCommand, isStart {
            let length = bytes[...].droppingLineEnd.count
            frames.add(.frameSMTPCommandLine, .toServer, at: start, length: length, of: transactions.last)
        }
        if wasCommand, mode == .message {
            messageFrame = frames.open(.frameSMTPData, .toServer, at: end, of: transactions.last)
        } else if !wasCommand, mode != .message {
            messageFrame?.finish(at: start)
            messageFrame = nil
        }
    }

    /// - Parameter bytes: without the line's LF.
    func noteReply(_ bytes: [UInt8], left: Int) {
        guard let frames else { return }
        let start = frames.position(.toClient) &- UInt64(left + 1 + bytes.count)
        let length = bytes.count - (bytes.last == 0x0d ? 1 : 0)
        frames.add(.frameSMTPResponseLine, .toClient, at: start, length: length, of: transactions.last)
    }
}
