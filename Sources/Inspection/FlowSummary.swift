import AppLayer
public import Flow
public import Wire

/// One flow as `ipsctl flows` shows it.
public struct FlowSummary: Sendable {
    public let id: UInt64
    public let client: IPAddress
    public let clientPort: UInt16
    public let server: IPAddress
    public let serverPort: UInt16
    public let ipProtocol: UInt8
    public let appProtocol: String
    public let state: FlowRecord.State
    public let firstSeen: Timestamp
    public let lastSeen: Timestamp
    /// To server, to client.
    public let packets: (UInt64, UInt64)
    public let bytes: (UInt64, UInt64)
    /// Set while the flow is blocked.
    public let block: DropReason?
    public let isPassed: Bool
    public let clientContainer: ContainerNumber
    public let serverContainer: ContainerNumber
}

/// Which blocked flows to let go.
public enum FlowSelector: Sendable {
    case id(UInt64)
    /// Every flow to or from the address.
    case address(IPAddress)
    case all
}

extension Pipeline {
    /// At most `limit` flows, in table order.
    public func flowSummaries(limit: Int) -> [FlowSummary] {
        var result: [FlowSummary] = []
        for (slot, state) in states.enumerated() {
            guard let state else { continue }
            guard result.count < limit else { break }
            result.append(summary(FlowIndex(rawValue: Int32(slot)), state))
        }
        return result
    }

    /// Takes the block off the selected flows and says how many there were. Their next packets are inspected again.
    public func unblock(_ selector: FlowSelector) -> Int {
        var count = 0
        for (slot, state) in states.enumerated() {
            guard let state, state.block != nil else { continue }
            let record = flows[FlowIndex(rawValue: Int32(slot))]
            switch selector {
            case .id(let id) where record.id != id: continue
            case .address(let address) where record.client != address && record.server != address: continue
            default: break
            }
            state.block = nil
            state.isReleased = false
            count += 1
        }
        return count
    }

    private func summary(_ index: FlowIndex, _ state: FlowState) -> FlowSummary {
        let record = flows[index]
        return FlowSummary(
            id: record.id, client: record.client, clientPort: record.hasPorts ? record.clientPort : 0,
            server: record.server, serverPort: record.hasPorts ? record.serverPort : 0, ipProtocol: record.ipProtocol,
            appProtocol: state.appProtocol.name, state: record.state,
            firstSeen: record.firstSeen, lastSeen: record.lastSeen, packets: record.packets, bytes: record.bytes,
            block: state.block, isPassed: state.isPassed,
            clientContainer: state.containers.client, serverContainer: state.containers.server)
    }
}
