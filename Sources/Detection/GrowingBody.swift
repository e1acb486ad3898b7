import AppLayer
import Wire

/// A growing buffer as `url_decode` shows it: what comes is decoded once, not the whole again with each look.
struct GrowingBody {
    /// Offset in the buffer up to which its bytes are decoded.
    private var taken: UInt64 = 0
    /// Offset of `bytes[0]` in the whole decoded buffer.
    private(set) var offset: UInt64 = 0
    private(set) var bytes: [UInt8] = []

    var end: UInt64 { offset &+ UInt64(bytes.count) }

    /// Takes what is new in the window. An escape that the window cuts waits for its rest.
    ///
    /// - Parameter isComplete: no byte will follow.
    mutating func follow(_ view: BufferView, isComplete: Bool) {
        if view.offset > taken {
            // Bytes in between were never held.
            offset = max(end, view.offset)
            bytes = []
            taken = view.offset
        }
        let start = Int(clamping: taken &- view.offset)
        guard start < view.bytes.count else { return }
        taken &+= UInt64(TransformOperation.decode(view.bytes[start...], isComplete: isComplete, into: &bytes))
        let surplus = bytes.count - view.bytes.count
        // Never longer than the window by more than a part, so that moving it costs little for each byte.
        guard surplus > 4096, surplus > view.bytes.count / 4 else { return }
        bytes.removeFirst(surplus)
        offset &+= UInt64(surplus)
    }
}
