import CMalloc
import Detection
import Glibc
import Inspection
import Traffic
import Wire

/// Takes one kind of pressure through an engine on this thread.
struct BoundsMeter {
    let configuration: PipelineConfiguration
    let ruleSet: RuleSet
    let exploit: [UInt8]?

    private static let bystanders = 64
    /// Packets whose time is taken together.
    private static let batch = 1000

    func run(_ pressure: Pressure, steps: Int) -> BoundsReport.Row {
        malloc_trim(0)
        let before = Self.heapBytes
        let pipeline = Pipeline(configuration: configuration, ruleSet: ruleSet)
        var now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        func send(_ packet: [UInt8]) -> Verdict {
            now = now.advanced(byNanoseconds: 1000)
            let verdict = pipeline.process(
                packet.span, metadata: PacketMetadata(time: now, link: .rawIP, verifiesChecksums: true))
            _ = pipeline.takeEvents()
            _ = pipeline.takeInjections()
            return verdict
        }
        var bystanders = Bystanders(count: Self.bystanders, send)
        let empty = Self.heapBytes
        let flowsBefore = pipeline.counters.flowsActive

        var times: [Double] = []
        var peak = empty
        var packets: [[UInt8]] = []
        for step in 0..<steps {
            packets += pressure.packets(step)
            guard packets.count >= Self.batch || step == steps - 1 else { continue }
            times.append(seconds { for packet in packets { _ = send(packet) } } * 1e9 / Double(packets.count))
            packets.removeAll(keepingCapacity: true)
            if times.count % 64 == 0 { peak = max(peak, Self.heapBytes) }
        }
        peak = max(peak, Self.heapBytes)
        let flows = pipeline.counters.flowsActive - flowsBefore
        let served = bystanders.exchange(send)
        let stopped = exploit.map { bystanders.attack($0, send) }
        let tenth = max(times.count / 10, 1)
        return BoundsReport.Row(
            pressure: pressure.rawValue, about: pressure.about, steps: steps, flows: Int(clamping: flows),
            nanosecondsFirst: Array(times.prefix(tenth)).median, nanosecondsLast: Array(times.suffix(tenth)).median,
            heapMebibytes: Double(peak - before) / 1_048_576,
            bytesPerFlow: flows > 0 ? Double(peak - empty) / Double(flows) : nil,
            served: served, bystanders: bystanders.count, exploitDropped: stopped)
    }

    /// Bytes that are allocated now.
    private static var heapBytes: Int {
        let info = mallinfo2()
        return Int(clamping: info.uordblks) + Int(clamping: info.hblkhd)
    }
}
