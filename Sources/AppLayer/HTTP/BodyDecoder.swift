import Wire

/// Brings a body from what was sent to what rules look at: content codings undone, within limits.
struct BodyDecoder {
    enum Problem: Equatable { case corrupt, bomb, unknownCoding, tooManyLayers, tooManyLZMALayers, lzmaOff, lzmaDictionary }

    private var layers: [ContentDecoder] = []
    private var messages: GRPCReader?
    /// What the header announces that is odd or not done.
    private(set) var announced: [Problem] = []
    private var taken: UInt64 = 0
    private var given: UInt64 = 0
    private var bombLimit = UInt64.max
    private var isBomb = false
    /// Output for each byte of input, above which much output is a bomb.
    private static let bombRatio: UInt64 = 2048

    init() {}

    /// Of the body that follows these headers.
    init(_ message: HTTPMessage, limits: AppLayerLimits) {
        self.init(encoding: message.value("content-encoding") ?? [], limits: limits)
        messages = GRPCReader(message)
        if messages != nil { bombLimit = limits.httpBombLimit }
    }

    /// - Parameter encoding: the value of `Content-Encoding`, outermost coding last. A coding counts where
    ///   its name stands, whatever stands around it, as receivers read it.
    init(encoding: [UInt8], limits: AppLayerLimits) {
        guard !encoding.isEmpty else { return }
        bombLimit = limits.httpBombLimit
        var lzmaLayers = 0
        let names = encoding.split(separator: UInt8(ascii: ",")).map { Array($0.filter { $0 != 0 }) }
        for name in names.reversed() where !name.trimmingSpace.isEmpty {
            guard layers.count < limits.httpDecompressionDepth else {
                note(.tooManyLayers)
                break
            }
            if name.containsIgnoringCase("gzip") || name.containsIgnoringCase("deflate") {
                if !Self.isUsual(name) { note(.unknownCoding) }
                Self.layer(name).map { layers.append($0) }
            } else if name.containsIgnoringCase("lzma") {
                lzmaLayers += 1
                if lzmaLayers > 1 { note(.tooManyLZMALayers) }
                guard limits.httpDecodesLZMA else {
                    note(.lzmaOff)
                    continue
                }
                LZMADecoder(dictionaryLimit: limits.httpLZMADictionaryLimit).map { layers.append($0) }
            } else if let layer = Self.layer(name) {
                layers.append(layer)
            } else if !["identity", "none", "inflate"].contains(where: { Self.isToken($0, name) }) {
                note(.unknownCoding)
            }
        }
    }

    var heldBytes: Int {
        var sum = messages?.heldBytes ?? 0
        for layer in layers { sum += layer.heldBytes }
        return sum
    }

    static func layer(_ name: [UInt8]) -> ContentDecoder? {
        if name.containsIgnoringCase("gzip") || name.containsIgnoringCase("deflate") { return DeflateDecoder() }
        if isToken("br", name) { return BrotliDecoder() }
        return isToken("zstd", name) ? ZstdDecoder() : nil
    }

    private mutating func note(_ problem: Problem) {
        if !announced.contains(problem) { announced.append(problem) }
    }

    private static func isUsual(_ name: [UInt8]) -> Bool {
        ["gzip", "x-gzip", "deflate", "x-deflate"].contains { name.trimmingSpace.map(\.lowercasedASCII).elementsEqual($0.utf8) }
    }

    /// Too short a name, or too common a word, to look for anywhere.
    private static func isToken(_ token: String, _ name: [UInt8]) -> Bool {
        name.trimmingSpace.prefix { $0 != UInt8(ascii: ";") && $0 > 0x20 }.map(\.lowercasedASCII).elementsEqual(token.utf8)
    }

    /// - Returns: the problems that this piece brought, one of each layer at most.
    mutating func decode(_ piece: [UInt8], into output: inout [UInt8], limit: Int) -> [Problem] {
        let before = output.count
        var problems: [Problem] = []
        if messages == nil {
            problems = undo(piece, into: &output, limit: limit)
        } else {
            var body: [UInt8] = []
            problems = undo(piece, into: &body, limit: limit)
            messages?.read(body, into: &output, limit: limit).map { problems.append($0) }
        }
        taken &+= UInt64(piece.count)
        given &+= UInt64(output.count - before)
        if !isBomb, given > bombLimit, given / Self.bombRatio > taken, !problems.contains(.bomb) { problems.append(.bomb) }
        if problems.contains(.bomb) { isBomb = true }
        return problems
    }

    private func undo(_ piece: [UInt8], into output: inout [UInt8], limit: Int) -> [Problem] {
        var current = piece
        var found: [Problem] = []
        for layer in layers where !layer.isGivenUp {
            var next: [UInt8] = []
            do throws(ContentDecoder.Failure) {
                guard try layer.decode(current, into: &next, limit: limit) else {
                    for layer in layers { layer.giveUp() }
                    output += next
                    return found + [.bomb]
                }
            } catch {
                // Not that coding, or not any more: what the layer could not read goes on as it is.
                next += error.unread
                found.append(error.problem)
            }
            current = next
        }
        output += current
        return found
    }
}

extension BodyDecoder.Problem {
    /// By the name of Suricata's http-events.rules.
    func event(_ direction: Direction) -> StaticName {
        switch self {
        case .corrupt: "gzip_decompression_failed"
        case .bomb: "compression_bomb"
        case .unknownCoding: "abnormal_ce_header"
        case .tooManyLayers: "too_many_encoding_layers"
        case .tooManyLZMALayers: direction == .toServer ? "request_too_many_lzma_layers" : "response_too_many_lzma_layers"
        case .lzmaOff: "lzma_decompression_disabled"
        case .lzmaDictionary: "lzma_memlimit_reached"
        }
    }
}
