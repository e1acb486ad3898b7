import Control
import Foundation
import Inspection
import Logging
import Runtime
import UnixSignals

/// Everything around the workers: control socket, signals, systemd, statistics.
struct Supervisor: Sendable {
    let daemon: Daemon
    let keeper: PolicyKeeper
    let service: DaemonService
    let configuration: Runtime.Configuration
    let logger: Logger

    /// Returns when the daemon has ended in order.
    func run() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let server = ControlServer(path: configuration.controlPath, service: service, logger: quiet)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await server.run { await announce() }
                } catch is CancellationError {
                    return
                } catch {
                    IPSD.fail("control socket \(configuration.controlPath): \(error)", status: 1)
                }
            }
            group.addTask { await watch() }
            group.addTask { await writeStats() }
            group.addTask { await watchSurroundings() }
            group.addTask { await keeper.run() }
            group.addTask { await daemon.followContainers() }
            for await signal in signals {
                if signal == .sighup {
                    do { try daemon.reopenEvents() } catch { logger.error("events: \(error)") }
                    await reload()
                } else {
                    break
                }
            }
            logger.info("ending")
            ServiceManager.stopping()
            await daemon.stop()
            group.cancelAll()
        }
    }

    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }

    private func announce() async {
        let rules = daemon.loadedRules
        let summary =
            "mode \(configuration.mode.rawValue), queues \(configuration.queues.lowerBound)-\(configuration.queues.upperBound), "
            + "\(rules.loaded) rules, \(rules.failed) failed"
        logger.info("ready: \(summary)")
        ServiceManager.ready(summary)
    }

    private func reload() async {
        ServiceManager.reloading()
        do { _ = try await daemon.reload() } catch { logger.error("the running rules stay: \(error)") }
        ServiceManager.ready("\(daemon.loadedRules.loaded) rules")
    }

    /// The watchdog hears from us only while every worker turns its loop.
    private func watch() async {
        guard let interval = ServiceManager.watchdogSeconds else { return }
        while !Task.isCancelled {
            if daemon.isAlive { ServiceManager.alive() } else { logger.critical("a worker stands still") }
            try? await Task.sleep(for: .seconds(interval))
        }
    }

    /// Says in the log what nothing else would show: packets that never reached a worker, and bridges that
    /// go past netfilter.
    private func watchSurroundings() async {
        var bridge: BridgeNetfilter?
        var known: (unseen: UInt64, lost: UInt64) = (0, 0)
        while !Task.isCancelled {
            let now = BridgeNetfilter.current()
            for name in now.turnedOff(since: bridge) {
                logger.warning("\(name) is 0: traffic between containers on one bridge passes uninspected")
            }
            bridge = now
            let snapshots = await daemon.snapshots()
            let unseen = snapshots.reduce(0) { $0 &+ $1.unseen }
            let lost = snapshots.reduce(0) { $0 &+ $1.lost }
            if unseen > known.unseen {
                logger.warning("\(unseen - known.unseen) packets passed uninspected: the queue could not take them (fail open)")
            }
            if lost > known.lost {
                logger.warning("\(lost - known.lost) packets were dropped because the queue could not take them (fail closed)")
            }
            known = (unseen, lost)
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
        }
    }

    private func writeStats() async {
        guard configuration.eventsPath != nil, configuration.statsIntervalSeconds > 0 else { return }
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(configuration.statsIntervalSeconds)) } catch { return }
            await daemon.writeStats()
        }
    }
}
