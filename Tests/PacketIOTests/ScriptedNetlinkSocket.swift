@testable import PacketIO

/// A netlink socket whose kernel is a list of datagrams.
final class ScriptedNetlinkSocket: NetlinkSocket {
    /// One element per `receive`.
    var batches: [[[UInt8]]]
    var sent: [[UInt8]] = []
    var sendError: SystemError?
    var receiveError: SystemError?
    var overruns: UInt64 = 0

    init(batches: [[[UInt8]]]) { self.batches = batches }

    func send(_ messages: Span<UInt8>) throws(SystemError) {
        if let sendError { throw sendError }
        var bytes: [UInt8] = []
        for index in messages.indices { bytes.append(messages[index]) }
        sent.append(bytes)
    }

    func receive(into slots: inout ReceiveSlots, timeoutMilliseconds: Int) throws(SystemError) -> Int {
        if let receiveError { throw receiveError }
        guard !batches.isEmpty else { return 0 }
        let batch = batches.removeFirst()
        for (index, datagram) in batch.enumerated() { slots.fill(index, with: datagram) }
        return batch.count
    }
}
