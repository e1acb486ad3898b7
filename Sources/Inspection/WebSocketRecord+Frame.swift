import AppLayer
import Events

extension WebSocketRecord {
    init(_ frame: WebSocketFrame) {
        self.init(
            isFinal: frame.isFinal, mask: frame.mask,
            opcode: WebSocketFrame.name(of: frame.opcode) ?? "unknown-\(frame.opcode)")
    }
}
