/// What a client does on one connection. Numbers that only a real server can tell are left to `ScriptedClient`, so that
/// the same script runs against a model and against a kernel.
public struct ClientScript: Sendable {
    public enum Step: Sendable {
        case segment(ScriptedSegment)
        /// The server answers: with these bytes where it is a model.
        case answer([UInt8])
        /// From here on another connection on the same ports; places count from 0 again.
        case reopen(sequence: UInt32)
    }

    public var steps: [Step] = []
    /// What the client says, for sending again what was lost.
    public var stream: [UInt8] = []
    public var initialSequence: UInt32 = 1000
    public var isIPv6 = false
    /// Tags of the frames, the outermost first; no frames when empty.
    public var vlans: [UInt16] = []
    /// Steps that the engine does not see.
    public var unseenSteps = 0
    /// Window that a model of a server has.
    public var serverWindow = 65_535

    public init() {}

    public mutating func send(_ segment: ScriptedSegment) { steps.append(.segment(segment)) }
    public mutating func send(_ segments: [ScriptedSegment]) { steps += segments.map(Step.segment) }
}
