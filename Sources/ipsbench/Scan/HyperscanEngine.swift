import MultiPattern

/// Hyperscan with the same patterns, as regular expressions of escaped bytes; each match is counted in a callback.
///
/// Not with `hs_compile_lit_multi`: its databases fail at scan time from some 5,000 patterns on (error -13).
@safe
final class HyperscanEngine: ScanEngine {
    private let library: HyperscanLibrary
    private var database: HyperscanLibrary.Handle?
    private var scratch: HyperscanLibrary.Handle?

    /// HS_FLAG_CASELESS. HS_FLAG_SINGLEMATCH is left out: every match is reported.
    private static let caseless: UInt32 = 1
    /// HS_MODE_BLOCK and HS_MODE_STREAM.
    private static let blockMode: UInt32 = 1
    private static let streamMode: UInt32 = 2

    init(_ library: HyperscanLibrary, _ patterns: [Pattern], isStreaming: Bool) throws {
        self.library = library
        try compile(patterns, isStreaming: isStreaming)
        let result = unsafe library.allocScratch(database, &scratch)
        guard result == 0 else { throw Failure.unmet("hs_alloc_scratch: error \(result)") }
    }

    deinit {
        // SAFETY: both are null or were made by this library and are freed here only.
        if let scratch = unsafe scratch { _ = unsafe library.freeScratch(scratch) }
        if let database = unsafe database { _ = unsafe library.freeDatabase(database) }
    }

    private func compile(_ patterns: [Pattern], isStreaming: Bool) throws {
        // All expressions in one buffer, each with its terminator.
        var text: [CChar] = []
        var starts: [Int] = []
        for pattern in patterns {
            starts.append(text.count)
            text += Self.expression(pattern).utf8.map { CChar(bitPattern: $0) } + [0]
        }
        let flags = patterns.map { $0.ignoresCase ? Self.caseless : 0 }
        let ids = patterns.indices.map { UInt32($0) }
        var error: UnsafeMutableRawPointer?
        // SAFETY: the pointers into `text` are used within the call only; the three lists have one entry for
        // each pattern.
        let result = unsafe text.withUnsafeBufferPointer { text -> Int32 in
            guard let base = text.baseAddress else { return -1 }
            let expressions: [UnsafePointer<CChar>?] = unsafe starts.map { unsafe base + $0 }
            return unsafe library.compileMulti(
                expressions, flags, ids, UInt32(patterns.count), isStreaming ? Self.streamMode : Self.blockMode, nil,
                &database, &error)
        }
        guard result == 0 else {
            // SAFETY: on failure the library gives an error, which begins with the pointer to its message, or none.
            let text = unsafe error?.load(as: UnsafePointer<CChar>?.self)
            let message = unsafe text.map { unsafe String(cString: $0) } ?? "error \(result)"
            _ = unsafe library.freeCompileError(error)
            throw Failure.unmet("hs_compile_multi: \(message)")
        }
    }

    private static func expression(_ pattern: Pattern) -> String {
        let digits = Array("0123456789abcdef")
        var result = ""
        for byte in pattern.bytes {
            result += "\\x"
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return result
    }

    func scan(_ input: ScanInput) throws { _ = try countMatches(input) }

    func countMatches(_ input: ScanInput) throws -> Int {
        var count: UInt64 = 0
        let result = unsafe withUnsafeMutableBytes(of: &count) { context in
            unsafe input.text.withUnsafeBufferPointer { text in
                unsafe text.withMemoryRebound(to: CChar.self) { text in
                    unsafe input.isStreaming
                        ? scanStream(input, text, context.baseAddress) : scanBlocks(input, text, context.baseAddress)
                }
            }
        }
        guard result == 0 else { throw Failure.unmet("hs_scan: error \(result)") }
        return Int(count)
    }

    /// `context` is the counter, which lives longer than the scan.
    private static let countMatch: HyperscanLibrary.MatchHandler = { _, _, _, _, context in
        // SAFETY: `context` is the UInt64 of `countMatches`, and only this thread uses it.
        if let counter = unsafe context?.assumingMemoryBound(to: UInt64.self) { unsafe counter.pointee &+= 1 }
        return 0
    }

    private func scanBlocks(
        _ input: ScanInput, _ text: UnsafeBufferPointer<CChar>, _ context: UnsafeMutableRawPointer?
    ) -> Int32 {
        var result: Int32 = 0
        input.forEachChunk { range in
            guard result == 0, let base = text.baseAddress else { return }
            // SAFETY: the range lies in the text.
            result = unsafe library.scan(
                database, base + range.lowerBound, UInt32(range.count), 0, scratch, Self.countMatch, context)
        }
        return result
    }

    private func scanStream(
        _ input: ScanInput, _ text: UnsafeBufferPointer<CChar>, _ context: UnsafeMutableRawPointer?
    ) -> Int32 {
        var stream: HyperscanLibrary.Handle?
        var result = unsafe library.openStream(database, 0, &stream)
        guard result == 0 else { return result }
        input.forEachChunk { range in
            guard result == 0, let base = text.baseAddress else { return }
            // SAFETY: the range lies in the text.
            result = unsafe library.scanStream(
                stream, base + range.lowerBound, UInt32(range.count), 0, scratch, Self.countMatch, context)
        }
        let end = unsafe library.closeStream(stream, scratch, Self.countMatch, context)
        return result == 0 ? end : result
    }
}
