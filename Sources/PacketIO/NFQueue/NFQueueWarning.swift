/// What a queue that was opened could not get.
public enum NFQueueWarning: Equatable, Sendable {
    /// SO_RCVBUFFORCE was refused and `net.core.rmem_max` is smaller than what was asked for.
    case receiveBufferLimited(wantedBytes: Int, actualBytes: Int)
    /// The kernel has no conntrack support in nfnetlink_queue (EOPNOTSUPP).
    case conntrackUnavailable
}

extension NFQueueWarning: CustomStringConvertible {
    public var description: String {
        switch self {
        case .receiveBufferLimited(let wanted, let actual):
            "the receive buffer is limited to \(actual) bytes (wanted \(wanted)): raise net.core.rmem_max "
                + "or run with CAP_NET_ADMIN, or packets will be lost under load"
        case .conntrackUnavailable:
            "this kernel gives no conntrack attributes with queued packets"
        }
    }
}
