/// Decompresses the messages of a gRPC body. What stands before each of them, a flag and a length, stays as it was sent.
///
/// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message.
struct GRPCReader {
    /// Value of `grpc-encoding`.
    private let coding: [UInt8]
    private var prefix: [UInt8] = []
    /// Bytes of the message that have not come.
    private var left = 0
    /// Of the message that is coming in; nil for one that is not compressed, or stopped making sense.
    private var decoder: ContentDecoder?
    private static let prefixLength = 5

    /// nil for a message that is not gRPC, or whose parts are never compressed.
    init?(_ message: HTTPMessage) {
        guard message.value("content-type")?.hasPrefixIgnoringCase("application/grpc") == true,
            let coding = message.value("grpc-encoding"), BodyDecoder.layer(coding) != nil
        else { return nil }
        self.coding = coding
    }

    var heldBytes: Int { coding.count + prefix.count + (decoder?.heldBytes ?? 0) }

    /// - Returns: the first problem that `bytes` brought.
    mutating func read(_ bytes: [UInt8], into output: inout [UInt8], limit: Int) -> BodyDecoder.Problem? {
        var (at, problem): (Int, BodyDecoder.Problem?) = (0, nil)
        let before = output.count
        while at < bytes.count {
            if left == 0 {
                let count = min(Self.prefixLength - prefix.count, bytes.count - at)
                prefix += bytes[at..<at + count]
                output += bytes[at..<at + count]
                at += count
                if prefix.count == Self.prefixLength { begin() }
                continue
            }
            let piece = Array(bytes[at..<at + min(left, bytes.count - at)])
            at += piece.count
            left -= piece.count
            let found = take(piece, into: &output, room: max(0, limit - (output.count - before)))
            problem = problem ?? found
        }
        return problem
    }

    private mutating func begin() {
        left = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
        decoder = prefix[0] & 1 != 0 && left > 0 ? BodyDecoder.layer(coding) : nil
        prefix.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ piece: [UInt8], into output: inout [UInt8], room: Int) -> BodyDecoder.Problem? {
        guard let decoder else {
            output += piece
            return nil
        }
        do throws(ContentDecoder.Failure) {
            guard try !decoder.decode(piece, into: &output, limit: room) else { return nil }
            self.decoder = nil
            return .bomb
        } catch {
            output += error.unread
            self.decoder = nil
            return error.problem
        }
    }
}
