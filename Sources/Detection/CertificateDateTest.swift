import AppLayer
import Wire

/// A test on a date of a certificate (`tls_cert_notbefore`, `tls_cert_notafter`); all ends are included, as
/// Suricata has it.
enum CertificateDateTest: Sendable {
    case at(Int64), upTo(Int64), from(Int64), between(Int64, Int64)
    /// Compared with the time of the packet.
    case isPast, isAhead

    func holds(_ date: Int64, now: Int64) -> Bool {
        switch self {
        case .at(let other): date == other
        case .upTo(let other): date <= other
        case .from(let other): date >= other
        case .between(let low, let high): (min(low, high)...max(low, high)).contains(date)
        case .isPast: date <= now
        case .isAhead: date > now
        }
    }

    /// `2015`, `>2015-10-22`, `<2015-10-22T23:59:59`, `2015-10<>2016-10`, all in UTC.
    init(_ arguments: String) throws(CompileError) {
        var text = arguments.trimming(" ").trimming("\"").trimming(" ")
        let symbol = text.first
        if symbol == "<" || symbol == ">" { text.removeFirst() }
        let ends = Self.halves(text)
        guard let first = Self.seconds(ends.0) else { throw Self.failure(ends.0) }
        if let upper = ends.1 {
            guard let last = Self.seconds(upper), symbol != "<", symbol != ">" else { throw Self.failure(upper) }
            self = .between(first, last)
        } else {
            self = symbol == "<" ? .upTo(first) : symbol == ">" ? .from(first) : .at(first)
        }
    }

    private static func failure(_ text: Substring) -> CompileError {
        CompileError(message: "'\(text)' is not a date: expected YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss, with < or > before it or <> between two")
    }

    private static func halves(_ text: Substring) -> (Substring, Substring?) {
        guard let less = text.firstIndex(of: "<") else { return (text.trimming(" "), nil) }
        let next = text.index(after: less)
        guard next < text.endIndex, text[next] == ">" else { return (text, nil) }
        return (text[..<less].trimming(" "), text[text.index(after: next)...].trimming(" "))
    }

    private static func seconds(_ text: Substring) -> Int64? {
        var numbers: [Int] = []
        for part in text.split(omittingEmptySubsequences: false, whereSeparator: { "-T: ".contains($0) }) {
            guard let number = Int(part), number >= 0, number <= 9999 else { return nil }
            numbers.append(number)
        }
        guard (1...6).contains(numbers.count) else { return nil }
        let defaults = [1970, 1, 1, 0, 0, 0]
        let all = numbers + defaults[numbers.count...]
        guard (1...12).contains(all[1]), (1...31).contains(all[2]), all[3] < 24, all[4] < 60, all[5] < 61 else { return nil }
        return CivilDate.seconds(year: all[0], month: all[1], day: all[2]) + Int64(all[3] * 3600 + all[4] * 60 + all[5])
    }
}
