import AppLayer
import Detection
import Flow

/// What the worker keeps of one flow besides its record in the table. Small members stand together, to fill words.
final class FlowState {
    /// What one takes, without its parts.
    static let bytes = 184

    var tcp: TCPSession?
    var app: AppLayerSession?
    var detection: FlowDetectionState?
    var ports = ProtocolPorts()
    var containers = FlowContainers()
    var vlanIDs: [UInt16] = []
    var exceptions: [(target: ExceptionTarget, policy: ExceptionPolicy)] = []
    /// Bytes in order per direction, as far as they were inspected.
    var inspectedBytes: (UInt64, UInt64) = (0, 0)
    var transactionCount: UInt64 = 0
    /// Bytes of parsers and detection, as charged to `Pipeline.appLayerBytes`.
    var heldBytes: UInt32 = 0
    var unmeasuredPackets: UInt8 = 0
    var countedProtocol = AppProtocol.unknown
    /// What the flow began as, when it changed and `app` is gone.
    var originalProtocol: AppProtocol?
    var block: DropReason?
    var isPassed = false
    /// Passed without inspection for good: EVE's flow state `bypassed`.
    var isBypassed = false
    /// Blocked, and everything that it held is given back.
    var isReleased = false
    /// What comes is encrypted, and not searched.
    var hidesPayload = false
    var hasAlerted = false
    /// Detect mode: a rule would have blocked the flow.
    var wouldBlock = false
    var seenDirections: (Bool, Bool) = (false, false)
    /// Directions with a record of a drop, where only the first one is recorded.
    var recordedDrops: (Bool, Bool) = (false, false)
    /// Directions with bytes that came up with the other one's acknowledgment: their rules wait for a packet.
    var waitingDirections: (Bool, Bool) = (false, false)
    /// The row of the policy that holds for the flow, and when it was looked up.
    var scopeRow: UInt32 = 0
    var scopeGeneration: UInt32 = 0
    /// Segments that differed from what came first and were rewritten to it; stays at the largest number.
    var rewrittenSegments: UInt16 = 0
    /// TCP flags seen: both directions together, to server, to client.
    var tcpFlags: (all: UInt8, toServer: UInt8, toClient: UInt8) = (0, 0, 0)
    /// Type and code of the first ICMP packet from the server.
    var answeringICMP: (type: UInt8, code: UInt8)?

    var appProtocol: AppProtocol { app?.appProtocol ?? countedProtocol }
}
