import AppLayer
import Detection
import Flow
import Wire

/// The parts of a flow's state, made when first needed.
extension Pipeline {
    func tcpSession(of state: FlowState, _ flow: FlowIndex?) -> TCPSession {
        if let session = state.tcp { return session }
        counters.tcpSessions &+= 1
        let hosts = configuration.tcp.hosts
        let session = TCPSession(
            memory: streamMemory, server: flow.map { hosts.policy(of: flows[$0].server) } ?? hosts.standard,
            client: flow.map { hosts.policy(of: flows[$0].client) } ?? hosts.standard)
        state.tcp = session
        return session
    }

    func appSession(of state: FlowState) -> AppLayerSession {
        if let session = state.app { return session }
        var limits = configuration.appLayer
        limits.fileDigests.formUnion(ruleSet.fileDigests)
        limits.digestsWholeFiles = !ruleSet.fileDigests.isEmpty
        limits.frames = ruleSet.frames
        if limits.fileMagic == nil { limits.fileMagic = ruleSet.fileMagic }
        let session = AppLayerSession(limits: limits, ports: state.ports, ranges: ranges)
        state.app = session
        return session
    }

    /// To be called whenever the ends of the flow are set.
    func setPorts(of state: FlowState, _ flow: FlowIndex) {
        state.ports = ProtocolPorts(
            client: flows[flow].clientPort, server: flows[flow].serverPort, dns: configuration.appLayer.dnsPorts)
    }

    func detectionState(of state: FlowState) -> FlowDetectionState {
        if let detection = state.detection { return detection }
        let detection = FlowDetectionState()
        state.detection = detection
        return detection
    }
}

extension FlowState {
    /// What was taken for the client is the server; no data has come yet.
    func swapEnds() {
        tcp?.swapEnds()
        scopeGeneration = 0
        (containers.client, containers.server) = (containers.server, containers.client)
        (tcpFlags.toServer, tcpFlags.toClient) = (tcpFlags.toClient, tcpFlags.toServer)
        (seenDirections.0, seenDirections.1) = (seenDirections.1, seenDirections.0)
    }

    /// The direction's bytes come again, with others before them.
    func beginAnew(_ direction: Direction) {
        (app, detection, hidesPayload) = (nil, nil, false)
        if direction == .toServer { inspectedBytes.0 = 0 } else { inspectedBytes.1 = 0 }
    }

    func note(_ flags: TCPFlags, _ direction: Direction) {
        tcpFlags.all |= flags.rawValue
        switch direction {
        case .toServer: tcpFlags.toServer |= flags.rawValue
        case .toClient: tcpFlags.toClient |= flags.rawValue
        }
    }
}
