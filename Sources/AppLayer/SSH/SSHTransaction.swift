public import Wire

/// The part of an SSH connection that is in the clear: banners and key exchange (RFC 4253).
public final class SSHTransaction: Transaction {
    /// What one side said of itself.
    public struct Side: Sendable {
        public internal(set) var protocolVersion: [UInt8] = []
        public internal(set) var software: [UInt8] = []
        /// The lists of algorithms that make a fingerprint, nil before the key exchange.
        public internal(set) var algorithms: [UInt8]?
        /// Hexadecimal MD5 of `algorithms`.
        public internal(set) var fingerprint: [UInt8]?
        var state = State.banner
    }

    enum State: UInt8, Comparable {
        case banner, keyExchange, afterKeyExchange, complete
        static func < (a: State, b: State) -> Bool { a.rawValue < b.rawValue }
    }

    public internal(set) var client = Side()
    public internal(set) var server = Side()

    init() { super.init(id: 0, appProtocol: .ssh) }

    public func side(_ direction: Direction) -> Side { direction == .toServer ? client : server }

    /// Both sides have said all that a record of them tells.
    public var isTold: Bool { client.state >= .afterKeyExchange && server.state >= .afterKeyExchange }

    public override func progress(_ direction: Direction) -> UInt8 {
        let state = side(direction).state
        return state == .complete ? .max : state.rawValue
    }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool {
        switch buffer {
        case .sshProto, .sshSoftware: side(direction).state > .banner
        default: side(direction).state > .keyExchange
        }
    }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard index == 0, buffer.direction == nil || buffer.direction == direction,
            isSettled(buffer, direction: direction)
        else { return nil }
        let side = side(direction)
        let bytes: [UInt8]? =
            switch buffer {
            case .sshProto: side.protocolVersion.isEmpty ? nil : side.protocolVersion
            case .sshSoftware: side.software.isEmpty ? nil : side.software
            case .sshHassh, .sshHasshServer: side.fingerprint
            case .sshHasshString, .sshHasshServerString: side.algorithms
            default: nil
            }
        return bytes.map { BufferView(bytes: $0) }
    }

    func add(_ event: StaticName, _ direction: Direction) {
        let event = AppLayerEvent(appProtocol: .ssh, name: event, direction: direction)
        guard !events.contains(event) else { return }
        events.append(event)
        hasProgressed = true
    }
}
