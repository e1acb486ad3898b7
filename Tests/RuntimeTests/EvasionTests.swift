import Detection
import Patches
@testable import Runtime
import TestSupport
import Testing

struct EvasionTests {
    /// A sample of every kind of request, so that the tests do not grow with the library.
    private static let patches = [
        "apache-path-traversal", "confluence-ognl", "docker-api-escape", "grafana-plugin-traversal", "kubelet-exec", "log4shell",
        "php-cgi-arguments", "phpunit-eval-stdin", "redis-code-execution", "shellshock", "spring4shell", "struts-s2-045",
    ].compactMap { try? PatchReader().package("\(projectFolder)/rules/\($0)") }

    private static func rules(_ text: String) throws -> RuleSet {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.rulePaths = [try folder.write("some.rules", text)]
        return try RuleLoader(configuration: configuration).load(previous: nil).ruleSet
    }

    /// What an evasion sends is what its receiver reads: without rules every exploit arrives whole, whatever lies around
    /// it, and so does every benign request. This also shows that the proof can fail.
    @Test(arguments: Evasion.all.map(\.name))
    func withoutRulesAllArrives(name: String) throws {
        let evasion = try #require(Evasion.named(name))
        let proof = PatchProof(ruleSet: try Self.rules(""))
        var exploits = 0
        for outcome in Self.patches.flatMap({ proof.prove($0, evasions: [evasion]) }) {
            switch outcome.result {
            case .holds: #expect(!outcome.isExploit || evasion.demand == .absence)
            case .fails(let explanation):
                #expect(outcome.isExploit && explanation.contains("the server got it"), "\(outcome.request): \(explanation)")
                exploits += 1
            case .notApplicable: continue
            }
        }
        #expect(exploits > 0 || evasion.demand == .absence, "no shipped exploit is sent so")
    }

    @Test func names() {
        #expect(Evasion.all.count >= 30 && Set(Evasion.all.map(\.name)).count == Evasion.all.count)
        #expect(Evasion.named("chunked+one-byte")?.name == "chunked+one-byte")
        for name in ["", "none", "one-byte+chunked", "chunked+gzip", "chunked+", "a+b+c"] { #expect(Evasion.named(name) == nil) }
    }

    /// A spelling and a way of sending it together.
    @Test(arguments: ["percent-path+one-byte", "chunked+overlapping", "smuggled-in-chunk+reversed", "gzip-chunked+fragments-duplicated"])
    func together(name: String) throws {
        var configuration = Configuration()
        configuration.patchesPath = "\(projectFolder)/rules"
        let proof = PatchProof(ruleSet: try RuleLoader(configuration: configuration).load(previous: nil).ruleSet)
        let evasion = try #require(Evasion.named(name))
        let results = Self.patches.flatMap { proof.prove($0, evasions: [evasion]) }.map(\.result)
        #expect(results.contains(.holds) && results.allSatisfy { $0 == .holds || $0 == .notApplicable })
    }

    /// The requests that are not HTTP are sent by packets and segments only.
    @Test func whatCannotBeSentIsSkipped() throws {
        let patch = try PatchReader().package("\(projectFolder)/rules/redis-code-execution")
        let outcomes = PatchProof(ruleSet: try Self.rules("")).prove(patch, evasions: Evasion.all)
        for outcome in outcomes where outcome.evasion.layer == .http { #expect(outcome.result == .notApplicable) }
    }
}

/// The parts from which evasions are made.
struct HTTPTextTests {
    @Test func onlyPlainRequestsAreRewritten() {
        let request = "POST /a?b HTTP/1.1\r\nHost:a\r\nContent-Length: 2\r\n\r\nxy"
        #expect(HTTPText(Array(request.utf8))?.bytes == Array(request.utf8))
        for other in [
            "EVAL 1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nA\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nxy",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n",
        ] { #expect(HTTPText(Array(other.utf8)) == nil, "\(other)") }
    }

    @Test func compression() {
        let text = Array("nothing of this is left to read \u{ff}\u{90}".utf8)
        for packed in [Deflater.gzip(text), Deflater.zlib(text)] { #expect(packed.firstRange(of: text[..<4]) == nil) }
        #expect(Deflater.zlib(Array("a".utf8)) == [0x78, 0x9c, 0x4b, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62])
        #expect(Deflater.gzip(Array("a".utf8)).suffix(8) == [0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0])
    }
}
