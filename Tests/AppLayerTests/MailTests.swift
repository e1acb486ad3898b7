import TestSupport
import Testing
import Wire

@testable import AppLayer

/// Messages, their parts and their encodings.
struct MailTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test(arguments: [
        ("SGVsbG8=", "Hello", false), ("SGVs\r\nbG8", "Hello", false), ("SGVs*bG8=", "Hello", true), ("SGVsbG8=IHRoZXJl", "Hello there", false),
        ("SGVsbG8sI", "Hello,", true), ("", "", false),
    ])
    func base64(encoded: String, plain: String, isWrong: Bool) {
        for piece in [1, 3, 100] {
            var decoder = TransferDecoder(named: Array(" BASE64 ".utf8))
            var output: [UInt8] = []
            let bytes = Array(encoded.utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                decoder.decode(bytes[start..<min(bytes.count, start + piece)], into: &output)
            }
            decoder.finish(into: &output)
            #expect(text(output) == plain && decoder.hasProblem == isWrong)
        }
    }

    @Test(arguments: [
        ("a=3Db", "a=b", false), ("ev=\r\nil", "evil", false), ("ev= \t\r\nil", "evil", false), ("1=2", "1=2", false), ("=zz", "=zz", true),
        ("=e9=E9", "\u{fffd}\u{fffd}", false), ("a=4", "a=4", false), ("==41", "=A", true), ("a=\nb", "ab", false),
    ])
    func quotedPrintable(encoded: String, plain: String, isWrong: Bool) {
        for piece in [1, 2, 100] {
            var decoder = TransferDecoder(.quotedPrintable)
            var output: [UInt8] = []
            let bytes = Array(encoded.utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                decoder.decode(bytes[start..<min(bytes.count, start + piece)], into: &output)
            }
            decoder.finish(into: &output)
            #expect(text(output) == plain && decoder.hasProblem == isWrong)
        }
    }

    @Test(arguments: [
        (#"attachment; filename="a b.exe""#, "a b.exe"), ("attachment; FILENAME=x", "x"),
        ("attachment; filename*=UTF-8''na%C3%AFve.exe", "naïve.exe"), ("a; filename*0=\"ev\"; filename*1=il.exe", "evil.exe"),
        ("a; filename*0*=utf-8''ev%69; filename*1*=l%2e; filename*2=exe", "evil.exe"),
        ("a; filename=\"=?utf-8?B?ZXZpbC5leGU=?=\"", "evil.exe"), ("a; filename=\"=?utf-8?q?ev=69l?= =?utf-8?q?_x?=\"", "evil x"),
        ("a; filename=\"=?utf-8?B?*?=\"", "=?utf-8?B?*?="),
    ])
    func fileNames(header: String, name: String) throws {
        #expect(text(try #require(MailFileName.find("filename", in: Array(header.utf8)))) == name)
        #expect(MailFileName.find("name", in: Array(header.utf8)) == nil)
    }

    @Test func urls() {
        let source = Array("see http://a.example/x?y=1, or <HTTPS://b.example> http:// \"ftp://c\" end http://last".utf8)
        for piece in [1, 7, 1000] {
            var finder = URLFinder(schemes: ["http", "https", "ftp"], keepsScheme: false)
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: source.count, by: piece) {
                found += finder.read(Array(source[start..<min(source.count, start + piece)]))
            }
            found += finder.finish()
            #expect(found.map(text) == ["a.example/x?y=1,", "b.example", "c", "last"])
        }
        var endless = URLFinder(schemes: ["http"], keepsScheme: true)
        #expect(endless.read(Array("http://".utf8) + [UInt8](repeating: 0x61, count: 9000)).map(\.count) == [2048])
    }

    /// What a message holds, one line for each thing.
    private func told(_ source: String) -> [String] {
        var reader = MailReader(urls: URLFinder(schemes: ["http"], keepsScheme: false))
        var pieces: [MailReader.Piece] = []
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            pieces += reader.read(Array(line.utf8)[...], end: [0x0d, 0x0a], isStart: true)
        }
        pieces += reader.finish()
        var lines: [String] = []
        var file: (name: String, data: [UInt8])?
        for piece in pieces {
            switch piece {
            case .fileBegins(let name): file = (text(name), [])
            case .data(let bytes): file?.data += bytes
            case .fileEnds:
                lines.append("\(file?.name ?? "?"): \(text(file?.data ?? []))")
                file = nil
            case .event(let name): lines.append("! \(name)")
            }
        }
        return lines + reader.message.urls.map { "url \(text($0))" }
    }

    @Test func partsWithinParts() {
        let source = """
            From: a
            Content-Type: multipart/mixed; boundary=a

            preamble http://no.example
            --a
            Content-Type: multipart/alternative; boundary="ab"

            --ab
            Content-Type: text/html

            http://yes.example/
            --ab
            Content-Disposition: inline; filename=x.txt
            Content-Transfer-Encoding: quoted-printable

            one=
             two
            three
            --ab--
            --a
            Content-Type: application/octet-stream; name=y.bin
            Content-Transfer-Encoding: base64

            ZXZp
            bA==

            --a
            Content-Type: message/rfc822

            Subject: inner
            Content-Type: image/png

            png
            --a--
            epilogue
            """
        #expect(told(source) == ["x.txt: one two\r\nthree", "y.bin: evil", ": png", "url yes.example/"])
    }

    @Test func headersOfTheMessageAlone() throws {
        var reader = MailReader(urls: URLFinder(schemes: [], keepsScheme: false))
        let lines = ["Subject:  one ", "\ttwo", "Received: a", "received: b", "not a header", "", "Subject: no"]
        let pieces = lines.flatMap { reader.read(Array($0.utf8)[...], end: [0x0a], isStart: true) }
        #expect(pieces == [.event("mime_malformed_msg")])
        #expect(reader.message.stage == .body)
        #expect(reader.message.value("subject").map(text) == "onetwo")
        #expect(reader.message.values("received").map(text) == ["a", "b"])
        _ = reader.finish()
        #expect(reader.message.stage == .complete)
    }

    @Test(arguments: [
        ("Content-Type: multipart/mixed\n\nx", ["! mime_malformed_msg", ": x\r\n"]),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx", ["! mime_malformed_msg"]),
        ("Content-Type: multipart/mixed; boundary=\(String(repeating: "b", count: 255))\n\nx", ["! mime_long_boundary", ": x\r\n"]),
        ("X: \(String(repeating: "y", count: 990))\n\n", []), ("X: \(String(repeating: "y", count: 999))\n\n", ["! mime_long_line"]),
        ("X: \(String(repeating: "y", count: 900))\n\(String(repeating: " \(String(repeating: "y", count: 900))\n", count: 2))\n", ["! mime_long_header_value"]),
        ("\(String(repeating: "x", count: 76)): y\n\n", ["! mime_long_header_name"]),
        ("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n\(String(repeating: "QUFB", count: 20))", ["! mime_long_enc_line", ": \(String(repeating: "A", count: 60))"]),
        ("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\nQU?FB", ["! mime_invalid_base64", ": AAA"]),
        ("Content-Type: a/b\nContent-Transfer-Encoding: Quoted-Printable\n\n=XYZ", ["! mime_invalid_qp", ": =XYZ\r\n"]),
    ])
    func malformed(source: String, expected: [String]) {
        #expect(told(source) == expected)
    }

    @Test func partsTooDeepAreReadAsOne() {
        var source = ""
        for depth in 0..<40 { source += "Content-Type: multipart/mixed; boundary=b\(depth)x\n\n--b\(depth)x\n" }
        let lines = told(source + "Content-Type: a/b\n\nx")
        #expect(lines.contains("! mime_parse_failed") && lines.contains { $0.contains("x\r\n") })
    }

    @Test func randomLinesNeverTrap() {
        var random = SeededRandom(seed: 21)
        let words = ["--b", "--b--", "Content-Type: multipart/mixed; boundary=b", "", "=", "Content-Transfer-Encoding: base64", " x", "a:", "http://", "\"", ";"]
        for _ in 0..<300 {
            var reader = MailReader(urls: URLFinder(schemes: ["http"], keepsScheme: true))
            for _ in 0..<40 {
                let line = (0..<Int.random(in: 1...3, using: &random)).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined()
                _ = reader.read(Array(line.utf8)[...], end: Bool.random(using: &random) ? [0x0d, 0x0a] : [], isStart: Bool.random(using: &random))
            }
            _ = reader.finish()
            #expect(reader.message.stage == .complete)
        }
    }
}
