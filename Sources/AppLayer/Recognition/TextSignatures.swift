/// Protocols of lines of text that are told by their first line.
enum TextSignatures {
    /// Bytes of a first line that are waited for.
    private static let lineLimit = 512

    static func client(_ bytes: [UInt8], _ ports: ProtocolPorts) -> ProtocolDetection.Guess {
        if starts(bytes, "RFB 003.") { return .recognised(.rfb) }
        let line = firstLine(bytes)
        let word = line.text.prefix { $0 != 0x20 && $0 != 0x0d }.map(\.uppercased)
        let wait: ProtocolDetection.Guess = isText(line.text) && bytes.count < lineLimit ? .undecided : .refused
        guard line.isWhole || word.count < line.text.count else { return wait }
        switch String(decoding: word, as: UTF8.self) {
        case "EHLO", "HELO": return .recognised(.smtp)
        case "AUTH" where ports.server == 21, "USER" where !ports.isPOP3, "PASS" where !ports.isPOP3, "PORT", "EPRT", "FEAT", "SYST":
            return .recognised(.ftp)
        case "USER", "CAPA", "STLS", "APOP": return .recognised(.pop3)
        case "INVITE", "REGISTER", "ACK", "BYE", "SUBSCRIBE", "NOTIFY", "OPTIONS", "MESSAGE":
            return contains(line.text, " SIP/2.0") ? .recognised(.sip) : line.isWhole ? .refused : wait
        default: break
        }
        guard line.isWhole else { return wait }
        return isIMAPCommand(line.text) ? .recognised(.imap) : .refused
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

    /// RFC 9051, section 2.2.1: a tag, then a command.
    private static func isIMAPCommand(_ line: [UInt8]) -> Bool {
        let words = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x0d })
        guard words.count >= 2, words[0].count <= 16 else { return false }
        return ["CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID", "NOOP"].contains(
            String(decoding: words[1].map(\.uppercased), as: UTF8.self))
    }

    private static func firstLine(_ bytes: [UInt8]) -> (text: [UInt8], isWhole: Bool) {
        let start = bytes.prefix(lineLimit)
        guard let end = start.firstIndex(of: 0x0a) else { return (Array(start), false) }
        return (Array(start[..<end]), true)
    }

    private static func isText(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { 0x20...0x7e ~= $0 || $0 == 0x0d } }
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
