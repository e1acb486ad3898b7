import Detection
import Flow
import Inspection
import Runtime
import Wire

/// Runs packets from memory through the engine on this thread, and through the decoder alone.
struct ReplayMeter {
    let capture: CaptureMemory
    let configuration: PipelineConfiguration
    let ruleSet: RuleSet
    let verifiesChecksums: Bool

    /// What one run through the engine came to.
    struct Run {
        var seconds = 0.0
        var counters = Counters()
        var events = 0
    }

    /// A new engine for each run. Making it and ending its flows are not timed: a daemon does them once.
    func runEngine(keepsCopies: Bool = true) -> Run {
        var configuration = configuration
        configuration.tcp.keepsCopies = keepsCopies
        let pipeline = Pipeline(configuration: configuration, ruleSet: ruleSet)
        var run = Run()
        let frames = capture.bytes.span
        run.seconds = seconds {
            for packet in capture.packets {
                let metadata = PacketMetadata(
                    time: packet.time, link: packet.link, verifiesChecksums: verifiesChecksums)
                _ = pipeline.process(frames.extracting(packet.place), metadata: metadata)
                run.events += pipeline.takeEvents().count
                _ = pipeline.takeInjections()
            }
        }
        run.counters = pipeline.counters
        return run
    }

    /// Decodes every packet and does nothing else.
    func runDecoder() -> (seconds: Double, payloadBytes: Int) {
        let decoder = PacketDecoder()
        let frames = capture.bytes.span
        var payloadBytes = 0
        let time = seconds {
            for packet in capture.packets {
                let decoded = decoder.decode(
                    frames.extracting(packet.place), link: packet.link,
                    checksums: verifiesChecksums ? .verify : .ignore)
                payloadBytes += decoded.payloadLength
            }
        }
        return (time, payloadBytes)
    }
}
