import PacketIO
import TestSupport
import Testing

struct CaptureFailureTests {
    @Test func whatCannotBeReadSaysWhy() throws {
        let folder = try TemporaryFolder()
        for (path, reason) in [
            ("\(folder.path)/none.pcap", "no such file"), (folder.path, "is a folder"),
            (try folder.write("empty.pcap", ""), "empty"),
        ] {
            do {
                _ = try CaptureReader(path: path)
                Issue.record("\(path) was read")
            } catch {
                #expect("\(error)".hasPrefix(path) && error.message.contains(reason), "\(error)")
            }
        }
    }
}
