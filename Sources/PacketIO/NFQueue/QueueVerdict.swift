internal import CNetfilterQueue

/// What the kernel does with a queued packet (include/uapi/linux/netfilter.h).
public enum QueueVerdict: Equatable, Sendable {
    case drop
    case accept
    /// Through the hook's rules again, with the mark that the verdict set.
    case `repeat`
    /// Accept and skip the later rules of this hook.
    case stop
    /// Hand the packet to another queue.
    case queue(UInt16)

    var rawValue: UInt32 {
        switch self {
        case .drop: UInt32(NF_DROP)
        case .accept: UInt32(NF_ACCEPT)
        case .repeat: UInt32(NF_REPEAT)
        case .stop: UInt32(NF_STOP)
        case .queue(let number): UInt32(number) << 16 | UInt32(NF_QUEUE)
        }
    }
}
