/// Brings a body from what was sent to what rules look at: content codings undone, within limits.
struct BodyDecoder {
    enum Problem { case corrupt, bomb, unknownCoding, tooManyLayers }

    private var layers: [ContentDecoder] = []
    /// Set once decoding failed; the rest of the body is kept as it was sent.
    private(set) var problem: Problem?

    init() {}

    /// - Parameter encoding: the value of `Content-Encoding`, outermost coding last. A coding counts where
    ///   its name stands, whatever stands around it, as receivers read it.
    init(encoding: [UInt8], depth: Int) {
        guard !encoding.isEmpty else { return }
        let names = encoding.split(separator: UInt8(ascii: ",")).map { Array($0.filter { $0 != 0 }) }
        for name in names.reversed() where !name.trimmingSpace.isEmpty {
            guard layers.count < depth else {
                problem = .tooManyLayers
                break
            }
            if name.containsIgnoringCase("gzip") || name.containsIgnoringCase("deflate") {
                ContentDecoder().map { layers.append($0) }
            } else if !name.containsIgnoringCase("identity") {
                problem = .unknownCoding
            }
        }
    }

    /// - Returns: a problem that this piece brought.
    mutating func decode(_ piece: [UInt8], into output: inout [UInt8], limit: Int) -> Problem? {
        var current = piece
        var found: Problem?
        for layer in layers where !layer.isGivenUp {
            var next: [UInt8] = []
            do throws(ContentDecoder.Failure) {
                guard try layer.decode(current, into: &next, limit: limit) else {
                    for layer in layers { layer.giveUp() }
                    output += next
                    problem = .bomb
                    return .bomb
                }
            } catch {
                // Not that coding, or not any more: what the layer could not read goes on as it is.
                next += error.unread
                found = .corrupt
            }
            current = next
        }
        if let found { problem = found }
        output += current
        return found
    }
}
