import Wire

/// Reading replies (RFC 5321, section 4.2).
struct SMTPReplies {
    var line: [UInt8] = []
    /// The rest of a line that was too long is passed over.
    var isPassingOver = false
    var hasGreeted = false
}

extension SMTPConnection {
    func takeReplies(_ chunk: Span<UInt8>) {
        var at = 0
        while at < chunk.count {
            guard mode != .handedOver else {
                handedOver.1.append(copying: chunk.extracting(at..<chunk.count))
                return
            }
            let byte = chunk[at]
            at += 1
            guard byte == 0x0a else {
                if replies.line.count < Self.lineLimit {
                    replies.line.append(byte)
                } else if !replies.isPassingOver {
                    replies.isPassingOver = true
                    latest.add("max_reply_line_len_exceeded", .toClient)
                    latest.add("truncated_line", .toClient)
                }
                continue
            }
            var taken: [UInt8] = []
            swap(&taken, &replies.line)
            if !replies.isPassingOver { noteReply(taken, left: chunk.count - at) }
            replies.isPassingOver = false
            if taken.last == 0x0d { taken.removeLast() }
            takeReply(taken)
        }
    }

    private func takeReply(_ line: [UInt8]) {
        guard line.count >= 3, line[..<3].allSatisfy({ 0x30...0x39 ~= $0 }) else {
            latest.add("invalid_reply", .toClient)
            return
        }
        // Another line of the same reply follows.
        if line.count > 3, line[3] == UInt8(ascii: "-") { return }
        let code = line[..<3].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        let isGreeting = !replies.hasGreeted && (awaited.isEmpty || code == 220 && awaited.first != .startTLS)
        replies.hasGreeted = true
        if isGreeting {
            if code != 220 { latest.add("no_server_welcome_message", .toClient) }
            return
        }
        guard let command = awaited.first else {
            // RFC 5321, section 3.8: a server may say 421 at any time.
            if code == 421 { return }
            if endsDoubtfully() { return takeReply(line) }
            latest.add("unable_to_match_reply_with_request", .toClient)
            return
        }
        awaited.removeFirst()
        answer(command, code)
    }

    private func answer(_ command: Awaited, _ code: Int) {
        switch command {
        case .data:
            if code == 354 { dataAccepted() } else { dataRefused() }
        case .messageEnd, .reset:
            unanswered?.hasProgressed = true
            unanswered?.isAnswered = true
        case .startTLS:
            if code == 220 { handOver() } else { latest.add("tls_rejected", .toClient) }
        case .other:
            // After QUIT nothing of the transaction can come.
            if code == 221, awaited.isEmpty { answerAll() }
        case .hello, .mail, .recipient: break
        }
    }
}
