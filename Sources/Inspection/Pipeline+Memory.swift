import AppLayer
import Detection
import Flow
import Wire

/// What parsers and detection hold, bounded over all flows of the worker.
extension Pipeline {
    /// Counts what the flow holds after a packet with data. Past the memcap, a flow that has grown meets the policy. The
    /// last eighth is for flows that were there before and hold little: a flood of others does not take it.
    func settleMemory(_ state: FlowState, now: Timestamp, _ judgement: inout Judgement) {
        guard let app = state.app else { return }
        // A flow with many transactions is not measured anew for each packet.
        guard state.unmeasuredPackets >= UInt8(clamping: app.openTransactions / 16) else {
            state.unmeasuredPackets += 1
            return
        }
        state.unmeasuredPackets = 0
        let before = state.heldBytes
        charge(app.heldBytes + (state.detection?.heldBytes ?? 0), to: state)
        let memcap = configuration.appLayerMemcapBytes
        guard appLayerBytes > memcap - memcap / 4 else { return }
        shrinkSilentFlows(now: now)
        guard state.heldBytes > before, appLayerBytes > memcap - memcap / 8 else { return }
        let isModest = before > 0 && state.heldBytes < Self.modestBytes
        if appLayerBytes > memcap || !isModest { apply(.appLayerMemcap, reason: .appLayerMemcap, &judgement) }
    }

    func charge(_ bytes: Int, to state: FlowState) {
        let bytes = UInt32(clamping: bytes)
        appLayerBytes += Int(bytes) - Int(state.heldBytes)
        state.heldBytes = bytes
        counters.appLayerBytes = UInt64(clamping: appLayerBytes)
    }

    /// Nothing of a blocked flow is looked at any more.
    func releaseIfBlocked(_ state: FlowState) {
        guard state.block != nil, !state.isReleased else { return }
        state.isReleased = true
        state.originalProtocol = state.app?.originalProtocol
        state.app = nil
        state.detection?.forgetStreams()
        state.tcp?.releaseBytes()
        counters.reassemblyBytes = UInt64(clamping: streamMemory.bytesInUse)
        charge(0, to: state)
    }

    /// Some flows more, round by round: of those that have been silent, only the newest bytes of the streams are kept.
    private func shrinkSilentFlows(now: Timestamp) {
        for _ in 0..<min(Self.shrunkFlows, states.count) {
            shrinkHand = shrinkHand + 1 < states.count ? shrinkHand + 1 : 0
            guard let state = states[shrinkHand], let detection = state.detection,
                now.seconds(since: flows[FlowIndex(rawValue: Int32(shrinkHand))].lastSeen) >= Self.silentSeconds
            else { continue }
            let before = detection.heldBytes
            detection.shrink()
            let freed = before - detection.heldBytes
            guard freed > 0 else { continue }
            counters.streamsShrunk &+= 1
            charge(max(Int(state.heldBytes) - freed, 0), to: state)
        }
    }

    private static let modestBytes = 32 << 10
    private static let shrunkFlows = 32
    private static let silentSeconds = 2
}
