import RuleLanguage
import Testing

struct ThresholdFileTests {
    private func read(_ text: String) -> ThresholdFile {
        ThresholdFile(file: "threshold.config", bytes: Array(text.utf8), variables: RuleVariables())
    }

    @Test func everyCommand() {
        let file = read(
            """
            # a comment
            threshold gen_id 1, sig_id 7, type limit, track by_src, count 1, seconds 60
            event_filter gen_id 1, sig_id 8, type both, track by_dst, count 3, seconds 5
            rate_filter gen_id 1, sig_id 9, track by_src, count 2, seconds 60, new_action drop, timeout 30
            suppress gen_id 1, sig_id 10
            suppress gen_id 0, sig_id 0, track by_either, ip 198.18.0.0/24
            """)
        #expect(file.diagnostics.isEmpty, "\(file.diagnostics)")
        #expect(file.entries.map(\.sid) == [7, 8, 9, 10, 0])
        guard case .suppress(nil, _) = file.entries[3].kind, case .suppress(.byEither, _) = file.entries[4].kind else {
            Issue.record("suppressions are read as \(file.entries)")
            return
        }
    }

    @Test func aBadLineIsNamedAndTheOthersHold() {
        let file = read(
            """
            threshold gen_id 1, sig_id 7, type limit, track by_name, count 1, seconds 60
            nonsense gen_id 1, sig_id 2
            suppress gen_id 1, sig_id 3
            """)
        #expect(file.entries.map(\.sid) == [3])
        #expect(file.diagnostics.map(\.location.line) == [1, 2])
        #expect(file.diagnostics.first?.message.contains("by_name") == true)
    }
}
