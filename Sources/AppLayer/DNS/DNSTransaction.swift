public import Wire

/// One DNS message: requests and responses are transactions of their own, as each says all by itself.
public final class DNSTransaction: Transaction {
    public let message: DNSMessage
    public let direction: Direction

    init(id: UInt64, appProtocol: AppProtocol, message: DNSMessage, direction: Direction, problems: [StaticName]) {
        var message = message
        message.collectNames()
        self.message = message
        self.direction = direction
        super.init(id: id, appProtocol: appProtocol)
        events = problems.map { AppLayerEvent(appProtocol: appProtocol, name: $0, direction: direction) }
    }

    public override var onlyDirection: Direction? { direction }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard direction == self.direction else { return nil }
        return message.bytes(of: buffer, direction, index).map { BufferView(bytes: $0) }
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        direction == self.direction ? message.number(number, direction, index) : nil
    }
}
