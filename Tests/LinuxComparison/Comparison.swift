import Glibc
import TestSupport
import Wire

/// Runs scripts against this machine's own TCP, once with the engine in front of it and once without, and says where
/// what Linux's application read is not what the engine inspected.
///
/// Lives in a network namespace of its own with one interface, whose other end is this object; only the thread that
/// made it may use it. Packets that it writes are taken in by the kernel at once, so that nothing waits.
package final class Comparison {
    private let tun: TunDevice
    private let kernel = KernelEnd()
    private var engines: [EngineKey: EngineEnd] = [:]
    private var runs = 0
    /// Differences that did not show again.
    package private(set) var unconfirmed = 0
    /// Is told each packet and what became of it.
    package var trace: ((String) -> Void)?

    private struct EngineKey: Hashable {
        var urgent: Settings.Urgent
        var dropsOverlaps: Bool
        var acceptsMidstream: Bool
        var place: EngineEnd.Place
    }

    /// Root, with a TUN device.
    package static let isSupported = unsafe geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0
    /// What to say when it is not.
    package static let requirement = "needs root and /dev/net/tun"

    package static func run<Result>(_ body: (Comparison) throws -> Result) throws -> Result {
        try TestTopology.inNewNamespace { try body(Comparison()) }
    }

    private init() throws {
        tun = try TunDevice(
            name: "rp0", ipv4: KernelEnd.ipv4, ipv4PrefixLength: 15, ipv6: KernelEnd.ipv6, ipv6PrefixLength: 48)
        for (name, value) in [
            // Fast open for clients and servers, with any cookie.
            ("tcp_fastopen", "515"), ("tcp_no_metrics_save", "1"), ("tcp_max_syn_backlog", "65536"), ("tcp_syncookies", "0"),
            ("tcp_synack_retries", "1"), ("ip_local_port_range", "10240 65535"),
        ] {
            try Self.set(name, value)
        }
        try kernel.awaitAddress()
    }

    private static func set(_ name: String, _ value: String) throws {
        let path = "/proc/sys/net/ipv4/\(name)"
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let bytes = Array(value.utf8)
        // SAFETY: the array has `count` bytes.
        let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw TunDevice.Failure(what: path, code: errno) }
    }

    /// What came of one run of a script.
    struct Outcome {
        var connections: [KernelEnd.Connection] = []
        var inspected: [InspectedStream] = []
        var kernelDrops: [String] = []
        var peerDrops = 0
        /// Places of the peer's stream that were sent before the engine was there.
        var unseen = RangeSet<Int>()

        var received: [[UInt8]] { connections.map(\.received) }
        /// Bytes of the longest of its connections: the one that the script is about.
        var receivedCount: Int { received.map(\.count).max() ?? 0 }
    }

    /// Begins anew: what earlier scripts left in the engine and in the kernel's queues does not matter any more.
    package func beginBatch() {
        engines = [:]
        kernel.closeListeners()
        while tun.read() != nil {}
    }

    /// Where the runs of the script differ, nil when they agree.
    package func difference(_ script: Script) throws -> Difference? {
        let inline = try run(script, .inline)
        if let difference = Difference.find(inline: inline, script) { return difference }
        guard script.isBenign || script.recovers else { return nil }
        return Difference.find(inline: inline, beside: try run(script, .beside), script)
    }

    /// A difference that shows again in two new batches, and so is the script's own: a machine under load sometimes lets
    /// a packet wait.
    package func confirmedDifference(_ script: Script) throws -> Difference? {
        guard let first = try difference(script) else { return nil }
        for _ in 0..<2 {
            beginBatch()
            if try difference(script)?.kind == first.kind { continue }
            unconfirmed += 1
            return nil
        }
        return first
    }

    private func run(_ script: Script, _ place: EngineEnd.Place) throws -> Outcome {
        let settings = script.settings
        let key = EngineKey(
            urgent: settings.urgent, dropsOverlaps: settings.dropsOverlaps, acceptsMidstream: script.unseen > 0, place: place)
        let engine = engines[key] ?? EngineEnd(settings, place, acceptsMidstream: key.acceptsMidstream)
        engines[key] = engine
        engine.begin(script)
        trace?("\(place)")
        engine.trace = trace
        var run = try ScriptRun(script, number: nextNumber(), tun: tun, kernel: kernel, engine: engine)
        for (index, step) in script.steps.enumerated() {
            run.isSeen = index >= script.unseen
            run.take(step)
        }
        return run.finish()
    }

    private func nextNumber() -> Int {
        runs += 1
        return runs
    }
}

/// One script under way.
private struct ScriptRun {
    let isBenign: Bool
    let tun: TunDevice
    let kernel: KernelEnd
    let engine: EngineEnd
    let listener: Int32?
    var peer: Peer
    var outcome = Comparison.Outcome()
    /// The kernel's answer to a SYN has come by for which no connection was accepted yet.
    var awaits = true
    var seenISN: UInt32?
    /// The engine is there.
    var isSeen: Bool

    init(_ script: Script, number: Int, tun: TunDevice, kernel: KernelEnd, engine: EngineEnd) throws {
        let settings = script.settings
        isBenign = script.isBenign
        isSeen = script.unseen == 0
        self.tun = tun
        self.kernel = kernel
        self.engine = engine
        // No address and port come twice while the kernel may still remember them.
        let host = 16 + number % 130_000
        let port = UInt16(truncatingIfNeeded: 10_240 + number / 130_000 * 251 % 50_000)
        let address =
            settings.isIPv6
            ? IPAddress(ipv6High: KernelEnd.ipv6.high, low: UInt64(host) << 8) : IPAddress(ipv4: 0xc612_0000 + UInt32(host))
        let own = settings.isIPv6 ? KernelEnd.ipv6 : KernelEnd.ipv4
        switch settings.role {
        case .server:
            let (descriptor, kernelPort) = try kernel.listen(settings)
            listener = descriptor
            peer = Peer(settings: settings, peer: address, peerPort: port, kernel: own, kernelPort: kernelPort)
        case .client:
            listener = nil
            peer = Peer(settings: settings, peer: address, peerPort: 80, kernel: own, kernelPort: 0)
            outcome.connections = [try kernel.connect(settings, to: address, port: 80)]
            drain()
        }
    }

    mutating func take(_ step: Step) {
        switch step {
        case .segment(let segment):
            // An honest sender keeps to the window.
            if isBenign, peer.isBeyondWindow(segment) { return }
            for packet in peer.packets(of: segment) {
                if !isSeen {
                    tun.write(packet)
                } else if let passed = engine.pass(packet, fromKernel: false) {
                    tun.write(passed)
                }
                drain()
            }
            if !isSeen, !peer.lastRange.isEmpty { outcome.unseen.insert(contentsOf: peer.lastRange) }
            accept()
        case .read(let count):
            for index in outcome.connections.indices { kernel.read(&outcome.connections[index], count) }
            drain()
        case .write(let count):
            if let last = outcome.connections.last { kernel.write(last, count) }
            drain()
        case .shutdown:
            if let last = outcome.connections.last { kernel.shutdown(last) }
            drain()
        }
    }

    private mutating func drain() {
        while let packet = tun.read() {
            let decoded = PacketDecoder().decode(packet.span, link: .rawIP, checksums: .ignore)
            // Of an earlier script; or no segment.
            guard decoded.destination == peer.builder.source else { continue }
            guard !isSeen || engine.pass(packet, fromKernel: true) != nil, decoded.transport == .tcp else { continue }
            peer.learn(decoded)
        }
    }

    private mutating func accept() {
        guard let listener, peer.kernelISN != nil else { return }
        if seenISN != peer.kernelISN {
            seenISN = peer.kernelISN
            awaits = true
        }
        guard awaits, let connection = kernel.accept(listener) else { return }
        outcome.connections.append(connection)
        awaits = false
    }

    mutating func finish() -> Comparison.Outcome {
        for index in outcome.connections.indices { kernel.read(&outcome.connections[index], .max) }
        drain()
        outcome.kernelDrops = engine.kernelDrops
        outcome.peerDrops = engine.peerDrops
        for connection in outcome.connections { kernel.abort(connection) }
        drain()
        outcome.inspected = engine.inspected
        return outcome
    }
}
