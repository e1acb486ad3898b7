import Detection
import Events
import Flow
import Inspection
import Wire

/// The engine on the wire between a peer and the kernel, and what it has inspected of one direction.
final class EngineEnd {
    enum Place { case inline, beside }

    private let pipeline: Pipeline
    private let witness: Witness
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    var trace: ((String) -> Void)?

    /// Packets of the kernel's that were not let through, for the present script.
    private(set) var kernelDrops: [String] = []
    private(set) var peerDrops = 0

    /// Of the peer, nil when the engine has to find out who the client is.
    private var direction: Direction?

    private final class Witness {
        /// By `Direction.index`, in the order in which they began.
        var streams: [[InspectedStream]] = [[], []]
    }

    init(_ settings: Settings, _ place: Place, acceptsMidstream: Bool) {
        var configuration = PipelineConfiguration(mode: place == .inline ? .prevent : .detect)
        configuration.recordsTraffic = false
        configuration.tcp.acceptsMidstream = acceptsMidstream
        configuration.tcp.overlapPolicy = settings.dropsOverlaps ? .drop : .rewrite
        configuration.tcp.hosts.standard = .linux
        configuration.tcp.deliversOnAcknowledgment = place == .beside
        switch settings.urgent {
        case .outOfBand: configuration.tcp.urgentPolicy = .outOfBand
        case .inline: configuration.tcp.urgentPolicy = .inline
        case .clear: configuration.tcp.urgentPolicy = .clear
        }
        pipeline = Pipeline(configuration: configuration, ruleSet: RuleSet.compile([]).0)
        let witness = Witness()
        self.witness = witness
        pipeline.streamWitness = { bytes, offset, direction in
            let index = direction.index
            if offset == 0 || witness.streams[index].isEmpty { witness.streams[index].append(InspectedStream()) }
            witness.streams[index][witness.streams[index].count - 1].append(bytes, at: Int(clamping: offset))
        }
    }

    private static func summary(_ bytes: [UInt8]) -> String {
        let packet = PacketDecoder().decode(bytes.span, link: .rawIP, checksums: .verify)
        guard packet.transport == .tcp, !packet.isFragment else { return "\(bytes.count) bytes" }
        let tcp = packet.tcp
        let time = tcp.options.timestampValue.map { ", time \($0) echo \(tcp.options.timestampEcho)" } ?? ""
        return "flags \(String(tcp.flags.rawValue, radix: 16)) \(tcp.sequence.rawValue)+\(packet.payloadLength) "
            + "ack \(tcp.acknowledgment.rawValue) window \(tcp.window)\(time)"
    }

    func begin(_ script: Script) {
        direction = script.unseen > 0 ? nil : script.settings.role == .server ? .toServer : .toClient
        witness.streams = [[], []]
        kernelDrops = []
        peerDrops = 0
    }

    var inspected: [InspectedStream] {
        if let direction { witness.streams[direction.index] } else { witness.streams[0] + witness.streams[1] }
    }

    /// - Returns: what goes on to the other end; nil when nothing does.
    func pass(_ packet: [UInt8], fromKernel: Bool) -> [UInt8]? {
        time = time.advanced(byNanoseconds: 1_000_000)
        let verdict = pipeline.process(
            packet.span, metadata: PacketMetadata(time: time, link: .rawIP, verifiesChecksums: true))
        let events = pipeline.takeEvents()
        if let trace { trace("\(fromKernel ? "<" : ">") \(Self.summary(packet)): \(verdict)") }
        switch verdict {
        case .accept, .bypass: return packet
        case .rewrite: return pipeline.rewrittenPacket
        case .drop, .reject:
            _ = pipeline.takeInjections()
            guard fromKernel else {
                peerDrops += 1
                return nil
            }
            for event in events {
                if case .drop(let drop) = event.body { kernelDrops.append(drop.reason) }
            }
            return nil
        }
    }
}
