import AppLayer
import Detection
import Events
import Foundation
import Inspection
import TestSupport
import Wire

/// Puts packets through an engine that alerts only, and keeps which rules matched. Each record must be one line
/// of JSON.
final class EngineWitness {
    private let pipeline: Pipeline
    private var encoder = EventEncoder()
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private(set) var alerts: Set<UInt32> = []

    init(_ ruleSet: RuleSet, mode: PipelineConfiguration.Mode = .detect) {
        var configuration = PipelineConfiguration(mode: mode)
        configuration.packetAlertMax = 10_000
        configuration.alertsCarryPacket = true
        configuration.appLayer.maxTransactions = 100_000
        pipeline = Pipeline(configuration: configuration, ruleSet: ruleSet)
    }

    /// The talk as a TCP connection; a gap is bytes that never come and that are acknowledged all the same.
    func takeStream(_ talk: Talk, segmentSize: Int) throws {
        var conversation = Conversation(client: .web, segmentSize: segmentSize)
        conversation.open()
        for step in talk.steps {
            switch step {
            case .bytes(let bytes, let direction): conversation.send(bytes, from: direction)
            case .gap(let length, let direction):
                _ = conversation.segments(of: [UInt8](repeating: 0, count: Int(length)), from: direction)
                conversation.acknowledge(from: direction.reversed)
            }
        }
        conversation.close()
        for packet in conversation.packets { try take(packet, .rawIP, verifiesChecksums: true) }
        try finish()
    }

    func takeDatagrams(_ talk: Talk, serverPort: UInt16) throws {
        let client = PacketBuilder.to(port: serverPort)
        for case .bytes(let bytes, let direction) in talk.steps where bytes.count < 60_000 {
            try take((direction == .toServer ? client : client.reversed).udp(payload: bytes), .rawIP, verifiesChecksums: true)
        }
        try finish()
    }

    @discardableResult
    func take(_ frame: [UInt8], _ link: LinkType, verifiesChecksums: Bool) throws -> Verdict {
        time = time.advanced(byNanoseconds: 1_000_000)
        let verdict = pipeline.process(
            frame.span, metadata: PacketMetadata(time: time, link: link, verifiesChecksums: verifiesChecksums))
        if verdict == .rewrite {
            try promise(pipeline.rewrittenPacket.count == frame.count, "\(frame.count) bytes rewritten to \(pipeline.rewrittenPacket.count)")
        }
        for packet in pipeline.takeInjections() {
            let injected = DecodedPacket(raw: packet)
            try promise(injected.invalid == nil && injected.checksum == .valid, "an injected packet is wrong: \(packet)")
        }
        try collect()
        return verdict
    }

    func finish() throws {
        pipeline.finish()
        try collect()
    }

    private func collect() throws {
        for event in pipeline.takeEvents() {
            if case .alert(let alert, _) = event.body { alerts.insert(alert.signatureID) }
            let line = encoder.line(event)
            if let defect = JSONDefect.find(in: line) {
                throw BrokenPromise("a record is not a line of JSON: \(defect): \(String(decoding: line, as: UTF8.self))")
            }
        }
    }
}
