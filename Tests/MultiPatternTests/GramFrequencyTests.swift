import MultiPattern
import Testing

struct GramFrequencyTests {
    private func window(_ text: String, _ length: Int) -> (offset: Int, bits: Int) {
        GramFrequency.rarestWindow(of: Array(text.utf8), length: length)
    }

    @Test func theRarestWindowLeavesOutWhatEveryMessageSays() {
        #expect(window("Content-Length: 7q7q", 4).offset == 16)
        #expect(window("x#q~Accept-Encoding: ", 5).offset == 0)
        #expect(window("host: user-agent: ", 8).bits < window("zq#8w~k2", 8).bits)
    }

    @Test(arguments: [0, 1, 3, 4, 9, 40])
    func everyLengthHasAWindowInTheText(length: Int) {
        for text in ["", "a", "abcd", "User-Agent: curl/"] {
            let offset = window(text, length).offset
            #expect(offset >= 0 && (offset == 0 || offset + length <= text.utf8.count), "\(text) \(length)")
        }
    }
}
