/// Why a netfilter queue cannot be used. `code` is an errno value.
public enum NFQueueError: Error, Equatable, Sendable {
    /// Bound elsewhere; `portID` is the owner's netlink port, usually its process id, when known.
    case alreadyTaken(queue: UInt16, portID: UInt32?)
    case missingNetAdminCapability(queue: UInt16)
    /// No NETLINK_NETFILTER sockets, or no nfnetlink_queue behind them.
    case unsupportedByKernel(code: Int32)
    /// The kernel refused the configuration of the queue.
    case configurationRefused(queue: UInt16, code: Int32)
    case socketFailed(operation: String, code: Int32)
}

extension NFQueueError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .alreadyTaken(let queue, let portID):
            let owner = portID.map { " (port id \($0))" } ?? ""
            return "queue \(queue) is already taken by another process\(owner)"
        case .missingNetAdminCapability(let queue):
            return "queue \(queue) cannot be opened without the capability CAP_NET_ADMIN"
        case .unsupportedByKernel(let code):
            return "this kernel has no netfilter queues (nfnetlink_queue): \(SystemError(code: code))"
        case .configurationRefused(let queue, let code):
            return "the kernel refused the configuration of queue \(queue): \(SystemError(code: code))"
        case .socketFailed(let operation, let code):
            return "netlink \(operation) failed: \(SystemError(code: code))"
        }
    }
}
