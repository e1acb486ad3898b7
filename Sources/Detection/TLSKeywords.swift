import AppLayer
import RuleLanguage

/// The keywords on TLS that are neither buffers nor events.
enum TLSKeywords {
    /// nil when the keyword is none of TLS; an empty list when it asks nothing.
    static func checks(_ keyword: String, _ arguments: String) throws(CompileError) -> [Check]? {
        switch keyword {
        case "tls.version": [.transactionNumber(.tlsVersion, try version(arguments))]
        case "ssl_version": [.transactionNumber(.tlsVersion, try sslVersions(arguments))]
        case "ssl_state": [.transactionNumber(.tlsState, try states(arguments))]
        case "tls.cert_chain_len": [.transactionNumber(.tlsCertChainLength, try count(arguments))]
        case "tls_cert_notbefore": [.certificateDate(.tlsCertNotBefore, try CertificateDateTest(arguments))]
        case "tls_cert_notafter": [.certificateDate(.tlsCertNotAfter, try CertificateDateTest(arguments))]
        case "tls_cert_expired": [.certificateDate(.tlsCertNotAfter, .isPast)]
        case "tls_cert_valid": [.certificateDate(.tlsCertNotAfter, .isAhead)]
        // Certificates are not kept in files.
        case "tls.store": []
        default: nil
        }
    }

    private static let tls13 = NumberTest.any([.equal(0x0304), .range(0x7f01...0x7f1c), .range(0xfb14...0xfb1a)])

    private static func unquoted(_ text: Substring) -> String {
        let text = text.trimming(" ")
        return text.count >= 2 && text.first == "\"" && text.last == "\"" ? String(text.dropFirst().dropLast()) : String(text)
    }

    private static func version(_ arguments: String) throws(CompileError) -> NumberTest {
        let text = unquoted(arguments[...])
        switch text {
        case "1.0": return .equal(0x0301)
        case "1.1": return .equal(0x0302)
        case "1.2": return .equal(0x0303)
        case "1.3": return .equal(0x0304)
        default:
            guard text.hasPrefix("0x"), let number = UInt16(text.dropFirst(2), radix: 16) else {
                throw CompileError(message: "'\(text)' is not a version: expected 1.0, 1.1, 1.2, 1.3 or 0x and four digits")
            }
            return .equal(UInt64(number))
        }
    }

    /// A list holds when one of its items does.
    private static func sslVersions(_ arguments: String) throws(CompileError) -> NumberTest {
        let named: [String: NumberTest] = [
            "sslv2": .equal(0x0200), "sslv3": .equal(0x0300), "tls1.0": .equal(0x0301), "tls1.1": .equal(0x0302),
            "tls1.2": .equal(0x0303), "tls1.3": tls13,
        ]
        var wanted: [NumberTest] = []
        var isNegated = false
        for (index, part) in arguments.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            var name = unquoted(part).lowercased()
            if name.hasPrefix("!") {
                guard index == 0 || isNegated else {
                    throw CompileError(message: "ssl_version: '!' stands before the first version and is for the whole list")
                }
                isNegated = true
                name = String(name.dropFirst())
            }
            guard let test = named[name] else {
                throw CompileError(
                    message: "'\(name)' is not a version: expected sslv2, sslv3, tls1.0, tls1.1, tls1.2 or tls1.3")
            }
            wanted.append(test)
        }
        return isNegated ? .all(wanted.map(negated)) : .any(wanted)
    }

    private static func negated(_ test: NumberTest) -> NumberTest {
        switch test {
        case .equal(let value): .notEqual(value)
        case .range(let range): .notRange(range)
        case .any(let tests): .all(tests.map(negated))
        default: test
        }
    }

    private static func states(_ arguments: String) throws(CompileError) -> NumberTest {
        let bits: [String: UInt64] = ["client_hello": 1, "server_hello": 2, "client_keyx": 4, "server_keyx": 8, "unknown": 16]
        var mask: UInt64 = 0
        var isNegated = false
        for part in arguments.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "|" || $0 == "," }) {
            var name = unquoted(part)
            if name.hasPrefix("!") {
                isNegated = true
                name = String(name.dropFirst().trimming(" "))
            }
            guard let bit = bits[name] else {
                throw CompileError(
                    message: "'\(name)' is not a state: expected client_hello, server_hello, client_keyx, server_keyx or unknown")
            }
            mask |= bit
        }
        return .bitmask(mask: mask, value: 0, isNegated: !isNegated)
    }

    private static func count(_ arguments: String) throws(CompileError) -> NumberTest {
        guard let test = NumberTest(text: arguments) else {
            throw CompileError(message: "'\(arguments)' is not a number: expected N, !N, <N, >N or N<>M")
        }
        return test
    }
}

extension StringProtocol {
    func trimming(_ character: Character) -> Substring {
        var text = Substring(self)
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return text
    }
}
