public import Containers
import Detection
public import Inspection
public import Patches
import RuleLanguage
public import Wire

/// Turns a policy into the engine's table, for the patches of a rule set and the containers that run.
///
/// Containers that the same entries fit share a row, so that a table is as large as the policy is varied and not as
/// there are containers.
public struct PolicyCompiler: Sendable {
    /// By their number in the rules, less 1.
    public let patches: [PatchIdentity]
    public let policy: Policy
    /// Patches that are off for ever and whose rules were not loaded.
    public let leftOut: [PatchIdentity]

    /// What cells name: the policy's lines, then the patches' own files.
    private let places: [String]
    /// For each patch, those left out at the end, the lines that name it, the last one first.
    private let linesOfPatch: [[Int]]

    public init(patches: [PatchIdentity], policy: Policy, leftOut: [PatchIdentity] = []) {
        self.patches = patches
        self.policy = policy
        self.leftOut = leftOut
        places = policy.lines.map { "\($0.location.file):\($0.location.line)" } + patches.map(\.place)
        linesOfPatch = (patches + leftOut).map { patch in
            policy.lines.indices.reversed().filter { policy.lines[$0].patch.matches(patch.id) }
        }
    }

    /// Which entries of the policy fit a container, and which canaries have chosen it.
    private struct Fit: Hashable {
        var lines: [Bool]
        var chosen: [Bool]
        var exceptions: [Bool]
    }

    /// What fits each container, kept from one table of a compiler to its next: of many containers few change.
    public struct Memory: Sendable {
        fileprivate struct Entry {
            let container: Container
            let lines, exceptions: [Bool]
        }

        /// By the container's number.
        fileprivate var entries: [UInt32: Entry] = [:]

        public init() {}
    }

    public func table(_ containers: InventorySnapshot) -> ScopeTable {
        var memory = Memory()
        return table(containers, &memory)
    }

    /// - Parameter memory: of this compiler; holds what is known of `containers` afterwards.
    public func table(_ containers: InventorySnapshot, _ memory: inout Memory) -> ScopeTable {
        let fits = fits(Self.groups(containers), &memory)
        var rows: [Fit] = [nowhere]
        var known: [Fit: UInt32] = [nowhere: 0]
        var rowOfContainer: [ContainerNumber: UInt32] = [:]
        for (number, fit) in fits {
            let row = known[fit] ?? UInt32(rows.count)
            if Int(row) == rows.count {
                rows.append(fit)
                known[fit] = row
            }
            rowOfContainer[number] = row
        }
        let ends = policy.lines.compactMap { $0.until?.end } + patches.compactMap { $0.end?.end }
        let starts = [nil] + Set(ends).sorted().map(Optional.some)
        var periods: [ScopePeriod] = []
        for (index, start) in starts.enumerated() {
            periods.append(
                ScopePeriod(
                    until: index + 1 < starts.count ? starts[index + 1] : nil, rows: rows.map { row($0, at: start) },
                    rowOfContainer: rowOfContainer, places: places))
        }
        return ScopeTable(
            patches: patches.map { .init(id: $0.id, title: $0.title) }, exceptions: policy.exceptions.map(exception),
            periods: periods)
    }

    /// Of traffic without a container.
    private var nowhere: Fit {
        Fit(
            lines: policy.lines.map(\.selector.isEverywhere), chosen: policy.lines.map { _ in false },
            exceptions: policy.exceptions.map(\.selector.isEverywhere))
    }

    /// What flows tell apart: containers that share a network are one, by the number of their leader.
    private static func groups(_ containers: InventorySnapshot) -> [(leader: Container, members: [Container])] {
        containers.containers.compactMap { container in
            guard !container.hasHostNetwork, containers.leader(of: container.number)?.number == container.number else { return nil }
            return (container, containers.sharing(container.number))
        }
    }

    /// What fits one of those that share a network fits all of them.
    private func fits(
        _ groups: [(leader: Container, members: [Container])], _ memory: inout Memory
    ) -> [(ContainerNumber, Fit)] {
        let known = memory.entries
        memory.entries.removeAll(keepingCapacity: true)
        var left = policy.lines.map { line in if case .replicas(let count) = line.canary, line.stage == .canary { count } else { 0 } }
        return groups.map { leader, members in
            let entries = members.map { member in
                let entry = known[member.number].flatMap { $0.container == member ? $0 : nil } ?? self.entry(member)
                memory.entries[member.number] = entry
                return entry
            }
            var fit = Fit(
                lines: policy.lines.indices.map { line in entries.contains { $0.lines[line] } }, chosen: left.map { _ in false },
                exceptions: policy.exceptions.indices.map { exception in entries.contains { $0.exceptions[exception] } })
            for line in left.indices where fit.lines[line] && left[line] > 0 {
                fit.chosen[line] = true
                left[line] -= 1
            }
            return (ContainerNumber(rawValue: leader.number), fit)
        }
    }

    private func entry(_ container: Container) -> Memory.Entry {
        let facts = ContainerFacts(container)
        return Memory.Entry(
            container: container, lines: policy.lines.map { $0.selector.fits(facts) },
            exceptions: policy.exceptions.map { $0.selector.fits(facts) })
    }

    /// The line that counts.
    /// - Parameter patch: into `linesOfPatch`.
    private func line(_ patch: Int, _ fit: Fit, at time: Timestamp?) -> Int? {
        linesOfPatch[patch].first { index in
            guard fit.lines[index] else { return false }
            guard let time, let until = policy.lines[index].until else { return true }
            return until.end > time
        }
    }

    private func row(_ fit: Fit, at time: Timestamp?) -> ScopePeriod.Row {
        let cells = patches.indices.map { number in
            if let time, patches[number].hasEnded(by: time) {
                return cell(.off, .standard, isChosen: false, policy.lines.count + number)
            }
            guard let index = line(number, fit, at: time) else {
                return cell(patches[number].stage, .standard, isChosen: false, policy.lines.count + number)
            }
            let line = policy.lines[index]
            return cell(line.stage, line.canary, isChosen: fit.chosen[index], index)
        }
        let exceptions = policy.exceptions.indices.filter { fit.exceptions[$0] }.map { UInt16(clamping: $0) }
        return ScopePeriod.Row(cells: cells, exceptions: exceptions)
    }

    private func cell(
        _ stage: PatchPackage.Stage, _ canary: PolicyCanary, isChosen: Bool, _ place: Int
    ) -> ScopePeriod.Cell {
        let share: UInt16 = switch canary {
        case .share(let parts): parts
        case .replicas: isChosen ? 10_000 : 0
        }
        return ScopePeriod.Cell(stage: PatchStage(stage), share: stage == .canary ? share : 0, place: UInt16(clamping: place))
    }

    private func exception(_ exception: PolicyException) -> ScopeException {
        let subject: ScopeException.Subject = switch exception.subject {
        case .sid(let sid): .rule(sid: sid)
        case .patch(let glob): .patches(Set(patches.indices.filter { glob.matches(patches[$0].id) }.map { UInt16($0 + 1) }))
        }
        return ScopeException(
            subject: subject, path: exception.path, source: exception.source, until: exception.until.end,
            place: "\(exception.location.file):\(exception.location.line)", reason: exception.reason,
            lastDay: exception.until.description)
    }
}

extension PolicyCompiler {
    /// What holds for one patch on one container.
    public struct Holding: Sendable {
        public let patch: PatchIdentity
        /// The one that stands for those with the same network; nil for traffic without a container.
        public let container: Container?
        public let stage: PatchPackage.Stage
        /// Of a canary that chooses flows: how many of 10,000.
        public let share: UInt16?
        /// Of a canary that chooses containers: whether this is one.
        public let isChosen: Bool?
        /// `policy.yaml:12`, or the patch's own file.
        public let place: String
        public let reason: String?
    }

    /// For each patch what holds without a container, then for each container by its number.
    public func holdings(_ containers: InventorySnapshot, at time: Timestamp) -> [Holding] {
        let groups = Self.groups(containers)
        var memory = Memory()
        let fits = [(nil, nowhere)] + zip(groups, fits(groups, &memory)).map { (Optional($0.leader), $1.1) }
        return (patches + leftOut).enumerated().flatMap { number, patch in
            let hasEnded = patch.hasEnded(by: time)
            return fits.map { holding(patch, $0.0, $0.1, hasEnded ? nil : line(number, $0.1, at: time), hasEnded: hasEnded) }
        }
    }

    private func holding(_ patch: PatchIdentity, _ container: Container?, _ fit: Fit, _ index: Int?, hasEnded: Bool) -> Holding {
        let line = index.map { policy.lines[$0] }
        let stage = hasEnded ? .off : line?.stage ?? patch.stage
        var (share, isChosen): (UInt16?, Bool?) = (nil, nil)
        if stage == .canary {
            switch line?.canary ?? .standard {
            case .share(let parts): share = parts
            case .replicas: isChosen = index.map { fit.chosen[$0] }
            }
        }
        return Holding(
            patch: patch, container: container, stage: stage, share: share, isChosen: isChosen,
            place: line.map { "\($0.location.file):\($0.location.line)" } ?? patch.place, reason: line?.reason)
    }
}

extension PatchStage {
    init(_ stage: PatchPackage.Stage) {
        self = switch stage {
        case .off: .off
        case .shadow: .shadow
        case .canary: .canary
        case .enforce: .enforce
        }
    }
}
