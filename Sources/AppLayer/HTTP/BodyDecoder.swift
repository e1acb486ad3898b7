/// Brings a body from what was sent to what rules look at: content codings undone, within limits.
struct BodyDecoder {
    enum Problem { case corrupt, bomb, unknownCoding, tooManyLayers }

    private var layers: [ContentDecoder] = []
    /// Set once decoding failed; the rest of the body is kept as it was sent.
    private(set) var problem: Problem?

    init() {}

    /// - Parameter encoding: the value of `Content-Encoding`, outermost coding last.
    init(encoding: [UInt8], depth: Int) {
        let names = encoding.split(separator: UInt8(ascii: ",")).map { Array($0).trimmingBlanks.map(\.lowercasedASCII) }
        for name in names.reversed() where !name.isEmpty {
            guard layers.count < depth else {
                problem = .tooManyLayers
                break
            }
            switch String(decoding: name, as: UTF8.self) {
            case "gzip", "x-gzip": ContentDecoder(.gzip).map { layers.append($0) }
            case "deflate", "x-deflate": ContentDecoder(.deflate).map { layers.append($0) }
            case "identity": break
            default: problem = .unknownCoding
            }
        }
        if problem != nil { layers = [] }
    }

    /// - Returns: a problem that this piece brought.
    mutating func decode(_ piece: [UInt8], into output: inout [UInt8], limit: Int) -> Problem? {
        guard !layers.isEmpty else {
            output += piece
            return nil
        }
        var current = piece
        for layer in layers {
            var next: [UInt8] = []
            do throws(ContentDecoder.Failure) {
                guard try layer.decode(current, into: &next, limit: limit) else {
                    output += next
                    return giveUp(.bomb)
                }
            } catch {
                output += next.isEmpty ? piece : next
                return giveUp(.corrupt)
            }
            current = next
        }
        output += current
        return nil
    }

    private mutating func giveUp(_ problem: Problem) -> Problem {
        self.problem = problem
        layers = []
        return problem
    }
}
