import Wire

/// A hash over bytes that come in pieces: `Digest<MD5>`, `Digest<SHA1>`, `Digest<SHA256>`.
///
/// For fingerprints of certificates and files, as rules and events name them; nothing is kept secret by it.
public struct Digest<Function: BlockHash>: Sendable {
    private var function = Function()
    /// Bytes of the block that is not full yet.
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    public init() { pending.reserveCapacity(64) }

    public mutating func update(_ bytes: Span<UInt8>) {
        length &+= UInt64(bytes.count)
        var at = 0
        if !pending.isEmpty {
            at = min(64 - pending.count, bytes.count)
            pending.append(copying: bytes.extracting(0..<at))
            guard pending.count == 64 else { return }
            let block = pending
            function.compress(block.span)
            pending.removeAll(keepingCapacity: true)
        }
        while bytes.count - at >= 64 {
            function.compress(bytes.extracting(at..<at + 64))
            at += 64
        }
        pending.append(copying: bytes.extracting(at..<bytes.count))
    }

    /// The hash of all bytes so far; more may follow.
    public var value: [UInt8] {
        var function = function
        var tail = pending
        tail.append(0x80)
        while tail.count % 64 != 56 { tail.append(0) }
        let bits = length &* 8
        for index in 0..<8 {
            let shift = UInt64(Function.isBigEndian ? 56 - 8 * index : 8 * index)
            tail.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        var at = 0
        while at < tail.count {
            function.compress(tail.span.extracting(at..<at + 64))
            at += 64
        }
        return function.value
    }

    /// The hash of `bytes`.
    public static func of(_ bytes: [UInt8]) -> [UInt8] {
        var digest = Self()
        digest.update(bytes.span)
        return digest.value
    }
}

/// What differs between the hashes that work on blocks of 64 bytes and end in the count of bits.
public protocol BlockHash: Sendable {
    /// Of the count of bits at the end.
    static var isBigEndian: Bool { get }
    init()
    /// `block` has 64 bytes.
    mutating func compress(_ block: Span<UInt8>)
    var value: [UInt8] { get }
}

extension BlockHash {
    /// The block's word at `index`, 0 to 15.
    @inline(__always)
    static func word(_ block: Span<UInt8>, _ index: Int) -> UInt32 {
        let at = index &* 4
        let word =
            UInt32(block[at]) | UInt32(block[at &+ 1]) &<< 8 | UInt32(block[at &+ 2]) &<< 16 | UInt32(block[at &+ 3]) &<< 24
        return isBigEndian ? word.byteSwapped : word
    }

    static func bytes(_ words: [UInt32]) -> [UInt8] {
        var result: [UInt8] = []
        for word in words {
            let word = isBigEndian ? word.bigEndian : word.littleEndian
            for shift in [UInt32(0), 8, 16, 24] { result.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return result
    }
}

extension UInt32 {
    @inline(__always)
    func rotatedLeft(_ count: UInt32) -> UInt32 { self &<< count | self &>> (32 &- count) }
}
