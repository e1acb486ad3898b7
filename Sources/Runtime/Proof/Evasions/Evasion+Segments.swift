import Traffic
import Wire

/// TCP: other segments, and what receivers ignore in between. "Garbage" is the segment with every byte changed.
extension Evasion {
    static let segments = cuts + garbage + interruptions + connections

    private static func cut(_ size: Int) -> Arrangement { { ScriptedSegment.segments($0, at: $1, size: size) } }

    private static let cuts: [Evasion] = [
        arranged("one-byte", "segments of one byte", cut(1)),
        arranged("seven-bytes", "segments of seven bytes", cut(7)),
        arranged("odd-sizes", "segments of 1 to 40 bytes") { bytes, offset in
            var (at, size, result) = (0, 7, [ScriptedSegment]())
            while at < bytes.count {
                size = (size * 29 + 11) % 40
                let end = min(at + size + 1, bytes.count)
                result.append(ScriptedSegment(at: offset + at, Array(bytes[at..<end])))
                at = end
            }
            return result
        },
        arranged("reversed", "segments of 11 bytes, the last one first") { cut(11)($0, $1).reversed() },
        arranged("swapped", "each pair of segments of 11 bytes exchanged") { bytes, offset in
            var result = cut(11)(bytes, offset)
            for index in stride(from: 0, to: result.count - 1, by: 2) { result.swapAt(index, index + 1) }
            return result
        },
        arranged("first-last", "segments of 16 bytes, the first one at the end") { bytes, offset in
            let all = cut(16)(bytes, offset)
            return Array(all.dropFirst() + all.prefix(1))
        },
        arranged("first-byte-last", "everything but the first byte, then that") { bytes, offset in
            cut(1400)(Array(bytes.dropFirst()), offset + 1) + [ScriptedSegment(at: offset, Array(bytes.prefix(1)))]
        },
        arranged("duplicated", "each segment of 11 bytes twice") { cut(11)($0, $1).flatMap { [$0, $0] } },
        arranged("overlapping", "each segment of 16 bytes after a copy of the one before it") { bytes, offset in
            let all = cut(16)(bytes, offset)
            return all.enumerated().flatMap { $0.offset == 0 ? [$0.element] : [all[$0.offset - 1], $0.element] }
        },
    ]

    private static let garbage: [Evasion] = [
        arranged("garbage-after", "each segment of 11 bytes followed by garbage in its place") {
            cut(11)($0, $1).flatMap { [$0, $0.garbled] }
        },
        arranged("garbage-afterwards", "when all has arrived, garbage in the place of each segment") { bytes, offset in
            let all = cut(64)(bytes, offset)
            return all + all.map(\.garbled)
        },
        arranged("garbage-before-new", "segments that begin with garbage in the place of the 16 bytes before, and go on with true ones") {
            bytes, offset in
            let all = cut(16)(bytes, offset)
            return all.enumerated().map { index, segment in
                guard index > 0 else { return segment }
                return ScriptedSegment(at: all[index - 1].offset, all[index - 1].garbled.payload + segment.payload)
            }
        },
        arranged(
            "garbage-queued", "out of order: garbage, then the true segment around it, then what comes before them",
            receivers: "Linux: what waits is replaced by what covers it", demand: .absence
        ) { bytes, offset in
            let all = cut(24)(bytes, offset)
            let rest = all.dropFirst().flatMap { segment -> [ScriptedSegment] in
                guard segment.payload.count > 8 else { return [segment] }
                return [ScriptedSegment(at: segment.offset + 4, Array(segment.garbled.payload[4..<8])), segment]
            }
            return rest + all.prefix(1)
        },
        ahead("garbage-checksum", "garbage with a wrong checksum ahead of each segment") { $0.hasWrongChecksum = true },
        ahead("garbage-old-timestamp", "garbage with a time stamp that is too old ahead of each segment (PAWS)") { $0.timestampAge = 100_000 },
        ahead("garbage-without-ack", "garbage without the ACK flag ahead of each segment") { $0.flags = .psh },
        ahead("garbage-wrong-ack", "garbage that acknowledges what was never sent ahead of each segment") {
            $0.acknowledgmentShift = 0x3000_0000
        },
        ahead(
            "garbage-low-ttl", "garbage that a router behind the engine drops ahead of each segment",
            receivers: "every receiver behind a router", demand: .absence
        ) { $0.ttl = 1 },
    ]

    private static func ahead(
        _ name: String, _ summary: String, receivers: String = "every receiver", demand: Demand = .both,
        _ change: @escaping @Sendable (inout ScriptedSegment) -> Void
    ) -> Evasion {
        arranged(name, summary, receivers: receivers, demand: demand) { bytes, offset in
            cut(64)(bytes, offset).flatMap { segment in
                var wrong = segment.garbled
                change(&wrong)
                return [wrong, segment]
            }
        }
    }

    /// `make` gets the place up to which all has been sent.
    private static func between(
        _ name: String, _ summary: String, receivers: String = "every receiver",
        _ make: @escaping @Sendable (Int) -> [ScriptedSegment]
    ) -> Evasion {
        arranged(name, summary, receivers: receivers) { bytes, offset in
            cut(32)(bytes, offset).flatMap { [$0] + ($0.end < offset + bytes.count ? make($0.end) : []) }
        }
    }

    private static let interruptions: [Evasion] = [
        between("reset-outside", "resets far outside of the window between segments") {
            [ScriptedSegment(at: $0 + 0x1000_0000, flags: .rst), ScriptedSegment(at: $0 - 0x10_0000, flags: [.rst, .ack])]
        },
        between("reset-inside", "resets in the window, but not at its edge, between segments", receivers: "RFC 5961: Linux, BSD, Windows") {
            [ScriptedSegment(at: $0 + 1000, flags: .rst)]
        },
        between("fin-outside", "ends far outside of the window between segments") {
            [ScriptedSegment(at: $0 + 0x1000_0000, flags: [.fin, .ack])]
        },
        between("syn-inside", "SYNs of another connection between segments", receivers: "RFC 5961: Linux, BSD, Windows") {
            [ScriptedSegment(at: $0 + 500, flags: .syn)]
        },
        between("keep-alive", "keep-alive probes with a byte of garbage between segments") {
            [ScriptedSegment(at: $0 - 1, [0x23], flags: .ack)]
        },
        arranged("odd-options", "segments with padding, unknown options and congestion flags") { bytes, offset in
            cut(32)(bytes, offset).map { segment in
                var odd = segment
                odd.options = [1, 1, 253, 6, 0, 0, 0, 0]
                odd.flags.formUnion([.ece, .cwr])
                return odd
            }
        },
    ]
}
