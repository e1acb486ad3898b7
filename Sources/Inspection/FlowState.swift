import AppLayer
import Detection
import Flow

/// What the worker keeps of one flow besides its record in the table.
final class FlowState {
    /// What one takes, without its parts.
    static let bytes = 160

    var tcp: TCPSession?
    var app: AppLayerSession?
    var ports = ProtocolPorts()
    var detection: FlowDetectionState?
    var block: DropReason?
    var isPassed = false
    /// Passed without inspection for good: EVE's flow state `bypassed`.
    var isBypassed = false
    var hasAlerted = false
    var vlanIDs: [UInt16] = []
    /// Detect mode: a rule would have blocked the flow.
    var wouldBlock = false
    var seenDirections: (Bool, Bool) = (false, false)
    /// Bytes in order per direction, as far as they were inspected.
    var inspectedBytes: (UInt64, UInt64) = (0, 0)
    /// Directions with bytes that came up with the other one's acknowledgment: their rules wait for a packet.
    var waitingDirections: (Bool, Bool) = (false, false)
    var transactionCount: UInt64 = 0
    var countedProtocol = AppProtocol.unknown
    /// TCP flags seen: both directions together, to server, to client.
    var tcpFlags: (all: UInt8, toServer: UInt8, toClient: UInt8) = (0, 0, 0)
    /// Type and code of the first ICMP packet from the server.
    var answeringICMP: (type: UInt8, code: UInt8)?
    var exceptions: [(target: ExceptionTarget, policy: ExceptionPolicy)] = []
}
