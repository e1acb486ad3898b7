/// The netlink socket, as small as it can be: what is behind it is a kernel or a test.
/// It is called once per batch of packets, never per packet.
protocol NetlinkSocket: AnyObject {
    /// Sends one datagram, which may hold many netlink messages.
    func send(_ messages: Span<UInt8>) throws(SystemError)

    /// Waits until there is a datagram, then takes as many as there are, up to the number of
    /// slots. Negative timeouts wait for ever. Returns 0 when the time is over.
    func receive(into slots: inout ReceiveSlots, timeoutMilliseconds: Int) throws(SystemError) -> Int

    /// Datagrams that the kernel could not put into the receive buffer.
    var overruns: UInt64 { get }
}
