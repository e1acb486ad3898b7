/// Brings a body from what was sent to what rules look at: content codings undone, within limits.
struct BodyDecoder {
    enum Problem { case corrupt, bomb, unknownCoding, tooManyLayers, lzmaDictionary }

    private var layers: [ContentDecoder] = []
    /// Set once decoding failed; the rest of the body is kept as it was sent.
    private(set) var problem: Problem?

    init() {}

    /// - Parameter encoding: the value of `Content-Encoding`, outermost coding last. A coding counts where
    ///   its name stands, whatever stands around it, as receivers read it.
    init(encoding: [UInt8], depth: Int, lzmaDictionaryLimit: UInt32) {
        guard !encoding.isEmpty else { return }
        let names = encoding.split(separator: UInt8(ascii: ",")).map { Array($0.filter { $0 != 0 }) }
        for name in names.reversed() where !name.trimmingSpace.isEmpty {
            guard layers.count < depth else {
                problem = .tooManyLayers
                break
            }
            if name.containsIgnoringCase("gzip") || name.containsIgnoringCase("deflate") {
                DeflateDecoder().map { layers.append($0) }
            } else if name.containsIgnoringCase("lzma") {
                LZMADecoder(dictionaryLimit: lzmaDictionaryLimit).map { layers.append($0) }
            } else if Self.isBrotli(name) {
                BrotliDecoder().map { layers.append($0) }
            } else if !name.containsIgnoringCase("identity") {
                problem = .unknownCoding
            }
        }
    }

    /// `br` is too short to look for anywhere.
    private static func isBrotli(_ name: [UInt8]) -> Bool {
        name.trimmingSpace.prefix { $0 != UInt8(ascii: ";") && $0 > 0x20 }.map(\.lowercasedASCII).elementsEqual("br".utf8)
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
                found = error.problem
            }
            current = next
        }
        if let found { problem = found }
        output += current
        return found
    }
}
