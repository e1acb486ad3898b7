import AppLayer
import RuleLanguage

/// The keywords on HTTP/2's frames (https://docs.suricata.io/en/suricata-8.0.0/rules/http2-keywords.html).
enum HTTP2Keywords {
    /// nil when the keyword is none of HTTP/2.
    static func check(_ keyword: String, _ arguments: String) throws(CompileError) -> Check? {
        switch keyword {
        case "http2.frametype": .transactionNumber(.http2FrameType, try named(arguments, frameTypes, "a frame type"))
        case "http2.errorcode": .transactionNumber(.http2ErrorCode, try named(arguments, HTTP2Frames.errorNames, "an error code"))
        case "http2.priority": .transactionNumber(.http2Priority, try number(arguments))
        case "http2.window": .transactionNumber(.http2Window, try number(arguments))
        case "http2.size_update": .transactionNumber(.http2SizeUpdate, try number(arguments))
        case "http2.settings": .transactionNumber(.http2Settings, try setting(arguments))
        default: nil
        }
    }

    private static func number(_ text: String) throws(CompileError) -> NumberTest {
        guard let test = NumberTest(text: text) else {
            throw CompileError(message: "'\(text)' is not a number: expected N, !N, <N, >N or N-M")
        }
        return test
    }

    private static func named(_ text: String, _ names: [String], _ kind: String) throws(CompileError) -> NumberTest {
        let word = text.filter { $0 != "_" && $0 != " " }.uppercased()
        if let found = names.firstIndex(where: { $0.filter { $0 != "_" } == word }) { return .equal(UInt64(found)) }
        guard let test = NumberTest(text: text) else {
            throw CompileError(message: "'\(text)' is not \(kind): expected a number or one of \(names.joined(separator: ", "))")
        }
        return test
    }

    /// Setting and value are compared as one number, the setting above 32 bits of value.
    private static func setting(_ text: String) throws(CompileError) -> NumberTest {
        let settings = HTTP2Frames.settingNames
        let name = text.prefix { $0.isLetter || $0 == "_" }
        guard let index = settings.firstIndex(of: name.uppercased()) else {
            throw CompileError(message: "'\(name)' is not a setting: expected one of \(settings.joined(separator: ", "))")
        }
        let base = UInt64(index + 1) << 32
        let ofSetting = NumberTest.range(base...(base | UInt64(UInt32.max)))
        let rest = text.dropFirst(name.count).trimming(" ")
        return rest.isEmpty ? ofSetting : .all([ofSetting, shifted(try number(String(rest)), base)])
    }

    private static func shifted(_ test: NumberTest, _ base: UInt64) -> NumberTest {
        func place(_ value: UInt64) -> UInt64 { base + min(value, UInt64(UInt32.max) + 1) }
        return switch test {
        case .equal(let value): .equal(place(value))
        case .notEqual(let value): .notEqual(place(value))
        case .less(let value): .less(place(value))
        case .lessOrEqual(let value): .lessOrEqual(place(value))
        case .greater(let value): .greater(place(value))
        case .greaterOrEqual(let value): .greaterOrEqual(place(value))
        case .range(let range): .range(place(range.lowerBound)...place(range.upperBound))
        case .notRange(let range): .notRange(place(range.lowerBound)...place(range.upperBound))
        case .bitmask(let mask, let value, let isNegated):
            .bitmask(mask: mask & UInt64(UInt32.max), value: value, isNegated: isNegated)
        case .any(let tests): .any(tests.map { shifted($0, base) })
        case .all(let tests): .all(tests.map { shifted($0, base) })
        }
    }

    private static let frameTypes = [
        "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
        "CONTINUATION",
    ]
}
