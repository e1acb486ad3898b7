import AppLayer
import Events
import Flow
import Wire

/// What a worker has seen since it was asked last, for the evidence on which patches are promoted: traffic by container,
/// matches by container and patch. Traffic without a container stands under `ContainerNumber.none`.
public struct PatchTally: Sendable {
    public struct Traffic: Sendable, Equatable {
        /// HTTP requests with their answers, and those answers with a status of 500 and above.
        public var answers: UInt64 = 0
        public var serverErrors: UInt64 = 0
        /// Flows of other protocols with data.
        public var otherFlows: UInt64 = 0
        /// TCP flows that ended, nothing of which was blocked; those of them with a reset.
        public var flows: UInt64 = 0
        public var resets: UInt64 = 0

        public init() {}
    }

    public struct Matches: Sendable, Equatable {
        public var acted: UInt64 = 0
        public var shadowed: UInt64 = 0
        public var excepted: UInt64 = 0

        public init() {}
    }

    public struct Place: Hashable, Sendable {
        public let container: ContainerNumber
        /// As rules carry it.
        public let patch: UInt16

        public init(container: ContainerNumber, patch: UInt16) {
            self.container = container
            self.patch = patch
        }
    }

    /// Nobody may ask: beyond so many entries no new ones are made.
    static let limit = 16_384

    public private(set) var traffic: [ContainerNumber: Traffic] = [:]
    public private(set) var matches: [Place: Matches] = [:]

    public init() {}

    mutating func note(_ container: ContainerNumber, _ change: (inout Traffic) -> Void) {
        guard traffic[container] != nil || traffic.count < Self.limit else { return }
        change(&traffic[container, default: Traffic()])
    }

    mutating func note(_ place: Place, _ change: (inout Matches) -> Void) {
        guard matches[place] != nil || matches.count < Self.limit else { return }
        change(&matches[place, default: Matches()])
    }

    /// Starts anew; the room is kept.
    mutating func take() -> PatchTally {
        let taken = self
        traffic.removeAll(keepingCapacity: true)
        matches.removeAll(keepingCapacity: true)
        return taken
    }
}

extension Pipeline {
    /// What was seen since the last call; nothing unless `PipelineConfiguration.talliesPatches`.
    public func takeTally() -> PatchTally { tally.take() }

    func tally(_ ruling: Ruling, patch: UInt16, _ state: FlowState?) {
        guard configuration.talliesPatches, patch > 0 else { return }
        tally.note(PatchTally.Place(container: state?.containers.deciding ?? .none, patch: patch)) { matches in
            if ruling.record?.exception != nil {
                matches.excepted &+= 1
            } else if ruling.acts {
                matches.acted &+= 1
            } else {
                matches.shadowed &+= 1
            }
        }
    }

    /// Of a request with its answer.
    func tally(answerOf transaction: Transaction, _ index: FlowIndex) {
        guard configuration.talliesPatches, let http = transaction as? HTTPTransaction, let state = states[Int(index.rawValue)] else {
            return
        }
        let status = http.message(.toClient).second
        guard !status.isEmpty else { return }
        let isServerError = status.count == 3 && status[0] == UInt8(ascii: "5")
        tally.note(state.containers.deciding) { traffic in
            traffic.answers &+= 1
            if isServerError { traffic.serverErrors &+= 1 }
        }
    }

    /// At a flow's end. What was blocked says nothing of the others.
    func tally(end state: FlowState, isTCP: Bool) {
        guard configuration.talliesPatches, state.block == nil, !state.wouldBlock else { return }
        let isHTTP = [.http1, .http2, .doh2].contains(state.appProtocol)
        let hasOtherData = !isHTTP && (!isTCP || state.inspectedBytes.0 > 0)
        guard isTCP || hasOtherData else { return }
        let isReset = state.tcpFlags.all & TCPFlags.rst.rawValue != 0
        tally.note(state.containers.deciding) { traffic in
            if isTCP { traffic.flows &+= 1 }
            if isTCP, isReset { traffic.resets &+= 1 }
            if hasOtherData { traffic.otherFlows &+= 1 }
        }
    }
}
