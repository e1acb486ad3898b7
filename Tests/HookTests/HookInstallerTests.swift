import Testing

@testable import Hook

struct HookInstallerTests {
    private static let legacyTables = "cat /proc/self/net/ip_tables_names"
    private static let legacyVersion = "iptables-legacy --version"
    private static let nftVersion = "iptables-nft --version"
    private static let probe = "nft -c -f -"

    @Test(arguments: [
        ([legacyTables: "nat\nfilter\n", legacyVersion: "v1", nftVersion: "v1", probe: ""], HookOptions.Backend.legacy),
        ([legacyTables: "", legacyVersion: "v1", nftVersion: "v1", probe: ""], .native),
        ([legacyTables: "nat", nftVersion: "v1", probe: ""], .native),
        ([legacyTables: "", legacyVersion: "v1", nftVersion: "v1"], .nft),
        ([legacyVersion: "v1"], .legacy),
    ])
    func automaticBackend(answers: [String: String], expected: HookOptions.Backend) throws {
        let runner = ScriptedRunner(answers.mapValues { CommandResult(output: $0) })
        #expect(try HookInstaller(runner: runner).chooseBackend() == expected)
    }

    @Test func noBackend() {
        #expect(throws: HookError.noBackend) { try HookInstaller(runner: ScriptedRunner()).chooseBackend() }
    }

    @Test func failuresCarryTheCommandAndItsWords() {
        let runner = ScriptedRunner([
            "iptables-nft-save -t mangle": CommandResult(),
            "iptables-nft-restore --noflush -w 10": CommandResult(status: 2, errors: "line 3 failed\nsorry\n"),
        ])
        var options = HookOptions(queues: 0...0)
        options.backend = .nft
        let expected = HookError.commandFailed(
            command: "iptables-nft-restore --noflush -w 10", status: 2, message: "line 3 failed; sorry")
        #expect(throws: expected) { try HookInstaller(runner: runner).install(options) }
        #expect(expected.description.contains("line 3 failed"))
    }

    @Test func missingToolsAreNamed() {
        var options = HookOptions(queues: 0...0)
        options.backend = .native
        #expect(throws: HookError.commandNotFound("nft")) {
            try HookInstaller(runner: ScriptedRunner()).install(options)
        }
        #expect(throws: HookError.commandNotFound("no-such-tool")) {
            try ProcessRunner().run(["no-such-tool"], input: "")
        }
    }

    @Test func legacyTablesAreNotMadeByLooking() throws {
        let runner = ScriptedRunner([Self.legacyTables: CommandResult(output: "filter\n")])
        let status = try HookInstaller(runner: runner).show()
        #expect(status.entries.allSatisfy { $0.state == .absent })
        #expect(!runner.commands.contains { $0.hasPrefix("iptables-legacy-save") })
        #expect(status.bridgeNetfilterIPv4 == nil)
    }

    @Test func processesGetTheirInputAndGiveBothOutputs() throws {
        let result = try ProcessRunner().run(["sh", "-c", "cat; echo no >&2; exit 3"], input: "abc")
        #expect(result == CommandResult(status: 3, output: "abc", errors: "no\n"))
        // Ends without reading its input.
        let full = String(repeating: "x", count: ProcessRunner.maximumInputBytes)
        #expect(try ProcessRunner().run(["true"], input: full).status == 0)
        #expect(throws: HookError.self) { try ProcessRunner().run(["true"], input: full + "x") }
    }
}
