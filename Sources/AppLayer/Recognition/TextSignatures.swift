/// Protocols of lines of text that are told by their first line.
enum TextSignatures {
    /// Bytes of a first line that are waited for.
    private static let lineLimit = 512

    static func client(_ bytes: [UInt8], _ ports: ProtocolPorts) -> ProtocolDetection.Guess {
        if starts(bytes, "RFB 003.") { return .recognised(.rfb) }
        let line = firstLine(bytes)
        let word = line.text.prefix { $0 != 0x20 && $0 != 0x0d }.map(\.uppercased)
        let isOpen = !line.isWhole && bytes.count < lineLimit
        let imap = imapCommand(line)
        guard line.isWhole || word.count < line.text.count else { return isOpen && imap != .refused ? .undecided : .refused }
        switch String(decoding: word, as: UTF8.self) {
        case "EHLO", "HELO": return .recognised(.smtp)
        case "AUTH" where ports.server == 21, "USER" where !ports.isPOP3, "PASS" where !ports.isPOP3, "PORT", "EPRT", "FEAT", "SYST":
            return .recognised(.ftp)
        case "USER", "CAPA", "STLS", "APOP": return .recognised(.pop3)
        case "INVITE", "REGISTER", "ACK", "BYE", "SUBSCRIBE", "NOTIFY", "OPTIONS", "MESSAGE":
            return contains(line.text, " SIP/2.0") ? .recognised(.sip) : isOpen ? .undecided : .refused
        default: return isOpen || line.isWhole ? imap : .refused
        }
    }

    static func server(_ bytes: [UInt8], _ ports: ProtocolPorts) -> ProtocolDetection.Guess {
        for (start, found) in [
            ("RFB 003.", AppProtocol.rfb), ("SIP/2.0 ", .sip), ("* OK", .imap), ("* PREAUTH", .imap), ("+OK", .pop3),
        ] where starts(bytes, start) { return .recognised(found) }
        let line = firstLine(bytes)
        guard starts(bytes, "220") || Array("220".utf8).starts(with: bytes) else {
            return isBeginning(bytes) ? .undecided : .refused
        }
        guard line.isWhole || bytes.count >= lineLimit else { return .undecided }
        let text = line.text.map(\.uppercased)
        if contains(text, "SMTP") || ports.isSMTP { return .recognised(.smtp) }
        if contains(text, "FTP") || ports.server == 21 { return .recognised(.ftp) }
        // Either could greet so; the client tells.
        return .undecided
    }

    private static func isBeginning(_ bytes: [UInt8]) -> Bool {
        ["RFB 003.", "SIP/2.0 ", "* OK", "* PREAUTH", "+OK"].contains { Array($0.utf8).starts(with: bytes) }
    }

    /// RFC 9051, section 2.2.1: a tag, then a command; any bytes may follow on the line.
    private static func imapCommand(_ line: (text: [UInt8], isWhole: Bool)) -> ProtocolDetection.Guess {
        let words = line.text.split(maxSplits: 2, whereSeparator: { $0 == 0x20 || $0 == 0x0d })
        guard let tag = words.first else { return line.isWhole ? .refused : .undecided }
        guard tag.count <= 16, tag.allSatisfy({ 0x21...0x7e ~= $0 }) else { return .refused }
        guard words.count >= 2 else { return line.isWhole ? .refused : .undecided }
        let command = String(decoding: words[1].map(\.uppercased), as: UTF8.self)
        if imapCommands.contains(command) { return line.isWhole ? .recognised(.imap) : .undecided }
        let isCut = !line.isWhole && words[1].endIndex == line.text.endIndex
        return isCut && imapCommands.contains { $0.hasPrefix(command) } ? .undecided : .refused
    }

    private static let imapCommands = ["CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID", "NOOP"]

    private static func firstLine(_ bytes: [UInt8]) -> (text: [UInt8], isWhole: Bool) {
        let start = bytes.prefix(lineLimit)
        guard let end = start.firstIndex(of: 0x0a) else { return (Array(start), false) }
        return (Array(start[..<end]), true)
    }

    private static func starts(_ bytes: [UInt8], _ text: String) -> Bool { bytes.starts(with: text.utf8) }
    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool { bytes.firstIndex(of: Array(text.utf8)) != nil }
}

extension UInt8 {
    var uppercased: UInt8 { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self ? self & 0xdf : self }
}

extension ProtocolPorts {
    var isSMTP: Bool { server == 25 || server == 465 || server == 587 }
    var isPOP3: Bool { server == 110 || server == 995 }
}
