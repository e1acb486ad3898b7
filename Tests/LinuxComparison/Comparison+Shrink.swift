import Wire

/// Looks for a smaller script with the same kind of difference.
extension Comparison {
    package func shrink(_ script: Script, _ kind: Difference.Kind) throws -> Script {
        // Without one of its steps a script need not be complete.
        guard kind != .incomplete else { return script }
        var best = script
        var hasShrunk = true
        while hasShrunk {
            hasShrunk = false
            var index = best.steps.count - 1
            while index >= 0 {
                var smaller = best
                smaller.steps.remove(at: index)
                if index < smaller.unseen { smaller.unseen -= 1 }
                if try shows(smaller, kind) {
                    best = smaller
                    hasShrunk = true
                }
                index -= 1
            }
        }
        for index in best.steps.indices {
            for change in Self.simplifications {
                guard case .segment(var segment) = best.steps[index] else { continue }
                change(&segment)
                var simpler = best
                simpler.steps[index] = .segment(segment)
                if try shows(simpler, kind) { best = simpler }
            }
        }
        for change in Self.simplerSettings {
            var simpler = best
            change(&simpler.settings)
            if try shows(simpler, kind) { best = simpler }
        }
        return best
    }

    package func shows(_ script: Script, _ kind: Difference.Kind) throws -> Bool {
        beginBatch()
        return try difference(script)?.kind == kind
    }

    private static let simplifications: [@Sendable (inout Segment) -> Void] = [
        { $0.pieces = [] },
        { if $0.pieces.count > 1 { $0.pieces.removeLast() } },
        { if $0.pieces.count > 1 { $0.pieces.removeFirst() } },
        { $0.networkOptions = [] }, { $0.options = [] }, { $0.damage = nil }, { $0.variant = 0 },
        { $0.window = 65_535 }, { $0.timestamp = 0 }, { $0.echo = 0 }, { $0.acknowledgment = 0 }, { $0.urgentPointer = 0 },
        { $0.flags.subtract([.urg, .ece, .cwr]) }, { $0.flags.remove(.psh) }, { $0.flags.remove(.fin) }, { $0.length = 0 },
        { $0.length = min($0.length, 1) }, { $0.length = min($0.length, 10) }, { $0.length /= 2 }, { $0.length /= 2 },
    ]

    private static let simplerSettings: [@Sendable (inout Settings) -> Void] = [
        { $0.isIPv6 = false }, { $0.timestamp = nil }, { $0.windowScale = nil }, { $0.offersSACK = false },
        { $0.hasSmallBuffer = false }, { $0.takesFastOpen = false }, { $0.initialSequence = 1000 }, { $0.urgent = .outOfBand },
        { $0.dropsOverlaps = false },
    ]
}
