/// Undoes one layer of `Content-Encoding` (RFC 9110, section 8.4.1), piece by piece. Each coding subclasses it.
@safe public class ContentDecoder {
    /// The bytes that are not what was announced.
    struct Failure: Error {
        let unread: [UInt8]
        var problem = BodyDecoder.Problem.corrupt
    }

    enum Status { case more, end, failed }
    /// What one call of a library took and gave, in bytes.
    struct Step {
        var read: Int
        var written: Int
        var status: Status
    }

    private(set) var hasOutput = false
    private var isFinished = false
    private(set) var isGivenUp = false
    /// All input while there is no output, to read it another way.
    private(set) var opening: [UInt8] = []
    /// Of the last input, what came behind the byte that made no sense.
    private var rest: [UInt8] = []
    /// A gzip header may hold a name without end.
    private static let openingLimit = 64 * 1024
    private static let pieceBytes = 16 * 1024

    /// Decodes from `input` to `output` as far as either goes.
    func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        Step(read: 0, written: 0, status: .failed)
    }

    /// What to feed in place of the opening after a failure without any output; nil when there is no other way.
    func otherReading() -> [UInt8]? { nil }

    /// Bytes that the library has allocated, about.
    var libraryBytes: Int { 0 }

    final var heldBytes: Int { libraryBytes + opening.count + rest.count }

    /// The opening is not long enough yet to be read another way.
    var isOpeningShort: Bool { false }

    /// What a failure is called.
    var failure: BodyDecoder.Problem { .corrupt }

    final func giveUp() {
        isGivenUp = true
        opening = []
    }

    /// Appends what `input` decodes to, at most `limit` bytes; what follows the end is left out.
    /// - Returns: false when `limit` cut the output.
    final func decode(_ input: [UInt8], into output: inout [UInt8], limit: Int) throws(Failure) -> Bool {
        guard !isFinished else { return true }
        if !hasOutput { opening += input }
        if let isWhole = run(input, into: &output, limit: limit) {
            guard opening.count <= Self.openingLimit else { return try fail(opening) }
            return isWhole
        }
        if !hasOutput, isOpeningShort, opening.count <= Self.openingLimit { return true }
        if !hasOutput, let data = otherReading(), let isWhole = run(data, into: &output, limit: limit) { return isWhole }
        return try fail(hasOutput ? rest : opening)
    }

    private func fail(_ unread: [UInt8]) throws(Failure) -> Bool {
        giveUp()
        rest = []
        throw Failure(unread: unread, problem: failure)
    }

    /// - Returns: nil when the input is not what the stream expects.
    private func run(_ input: [UInt8], into output: inout [UInt8], limit: Int) -> Bool? {
        var left = limit
        var last = Step(read: 0, written: 0, status: .more)
        var offset = 0
        while last.status == .more, left > 0 {
            let room = min(Self.pieceBytes, left)
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                // SAFETY: a step reads and writes within the buffers that it is lent, and says how much.
                unsafe input.withUnsafeBufferPointer { source in
                    unsafe last = step(.init(rebasing: source[offset...]), .init(rebasing: buffer[..<room]))
                }
                initialized = last.written
            }
            offset += last.read
            left -= last.written
            output += piece
            if last.written > 0 { hasOutput = true }
            if last.status == .end { isFinished = true }
            if last.written < room, offset >= input.count || last.read == 0 && last.written == 0 { break }
        }
        guard last.status != .failed else {
            rest = Array(input[offset...])
            return nil
        }
        if hasOutput { opening = [] }
        return isFinished || left > 0
    }
}

public enum InflateFormat: Sendable { case gzip, zlib }

extension ContentDecoder {
    /// The first `limit` bytes of what `bytes` inflate to; nil when they are not of that format.
    public static func inflate(_ bytes: [UInt8], _ format: InflateFormat, limit: Int) -> [UInt8]? {
        guard bytes.count > 2, (format == .gzip) == (bytes[0] == 0x1f && bytes[1] == 0x8b), let decoder = DeflateDecoder()
        else { return nil }
        var output: [UInt8] = []
        _ = try? decoder.decode(bytes, into: &output, limit: limit)
        return output.isEmpty ? nil : output
    }
}
