@testable import AppLayer
import TestSupport
import Testing
import Wire

/// Files that come as ranges over several connections.
struct RangeTests {
    private let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

    private func key(_ total: Int = 1000) -> RangeStore.Key {
        RangeStore.Key(host: Array("h".utf8), target: Array("/f".utf8), total: UInt64(total))
    }

    private func fetch(_ range: ClosedRange<Int>, _ ranges: RangeStore, target: String = "/f?x") -> HTTPReader {
        var limits = AppLayerLimits()
        limits.fileDigests = [.sha256]
        let reader = HTTPReader(limits: limits, ranges: ranges)
        reader.feed(Array("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n".utf8), .toServer)
        let head = "HTTP/1.1 206 Some\r\nContent-Range: bytes \(range.lowerBound)-\(range.upperBound)/\(content.count)\r\n"
        reader.feed(Array("\(head)Content-Length: \(range.count)\r\n\r\n".utf8) + content[range], .toClient)
        return reader
    }

    @Test func theLastRangeMakesTheFileWhole() {
        let ranges = RangeStore(memcapBytes: 1 << 20, timeoutSeconds: 60)
        for range in [500...899, 0...99, 50...599] {
            let files = fetch(range, ranges).files
            #expect(files.map(\.size) == [UInt64(range.count)])
        }
        #expect(ranges.memoryUse == 900)
        let files = fetch(900...999, ranges).files
        #expect(files.map(\.size) == [100, 1000] && files.map { $0.range == nil } == [false, true])
        #expect(files.allSatisfy { $0.state == .closed })
        #expect(files.last?.digest(.sha256) == Digest<SHA256>.of(content))
        #expect(ranges.memoryUse == 0)
    }

    @Test func otherFilesAreOthers() {
        let ranges = RangeStore(memcapBytes: 1 << 20, timeoutSeconds: 60)
        _ = fetch(0...499, ranges)
        #expect(fetch(500...999, ranges, target: "/g").files.count == 1)
        // One range that is the whole file is the file already.
        #expect(fetch(0...999, ranges, target: "/h").files.map(\.size) == [1000])
    }

    @Test func memoryAndTimeAreBounded() {
        let ranges = RangeStore(memcapBytes: 1500, timeoutSeconds: 60)
        #expect(ranges.add(Array(content[0..<900]), at: 0, of: key()) == nil && ranges.memoryUse == 900)
        #expect(ranges.add(Array(content[0..<700]), at: 0, of: key(999)) == nil && ranges.memoryUse == 900)
        #expect(ranges.add([1], at: 1000, of: key()) == nil && ranges.add([1, 2], at: 999, of: key()) == nil)
        #expect(ranges.add([1], at: 0, of: key(1501)) == nil && ranges.memoryUse == 900)
        ranges.now = Timestamp(nanoseconds: 61_000_000_000)
        ranges.expire()
        #expect(ranges.memoryUse == 0)
    }

    /// Whatever the order, the overlaps and the cuts: the whole file comes out once, when every byte is there.
    @Test(arguments: 1...60)
    func anyOrderGivesTheSame(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let ranges = RangeStore(memcapBytes: 1 << 20, timeoutSeconds: 60)
        var isKnown = Array(repeating: false, count: content.count)
        var whole: [UInt8]?
        while whole == nil {
            let start = Int.random(in: 0..<content.count, using: &random)
            let end = min(content.count, start + Int.random(in: 1...200, using: &random))
            whole = ranges.add(Array(content[start..<end]), at: UInt64(start), of: key())
            for index in start..<end { isKnown[index] = true }
            #expect((whole != nil) == !isKnown.contains(false))
            #expect(ranges.memoryUse == (whole == nil ? isKnown.filter { $0 }.count : 0))
        }
        #expect(whole == content)
    }
}
