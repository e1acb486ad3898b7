public import Detection
public import Wire

/// Which patches hold for which containers: compiled from a policy, immutable, shared by all workers and replaced as
/// a whole. Belongs to one rule set, whose rules carry the numbers of its patches.
///
/// A patch holds for a flow by the flow's server container when there is one, else by its client container, else by
/// what the policy says of no container.
public final class ScopeTable: Sendable {
    /// A patch by its number, the first one 1.
    public struct Patch: Sendable {
        public let id: String
        public let title: String

        public init(id: String, title: String) {
            self.id = id
            self.title = title
        }
    }

    public let patches: [Patch]
    public let exceptions: [ScopeException]
    /// What holds when, in the order of time; together they cover all of it.
    let periods: [ScopePeriod]

    /// No policy: every rule acts as it is written.
    public static let everything = ScopeTable(patches: [], exceptions: [], periods: [])

    /// - Parameter periods: in the order of time, each from where the one before it ends. The last one lasts for ever.
    public init(patches: [Patch], exceptions: [ScopeException], periods: [ScopePeriod]) {
        self.patches = patches
        self.exceptions = exceptions
        self.periods = periods.isEmpty ? [.everything] : periods
    }

    func period(at time: Timestamp) -> ScopePeriod {
        periods.first { time < $0.until } ?? periods[periods.count - 1]
    }

    /// nil for rules that belong to no patch.
    public func patch(_ number: UInt16) -> Patch? {
        number > 0 && Int(number) <= patches.count ? patches[Int(number) - 1] : nil
    }
}

/// What holds until the next line of the policy ends.
public final class ScopePeriod: Sendable {
    /// What a row says of one patch.
    public struct Cell: Hashable, Sendable {
        public var stage: PatchStage
        /// Of a canary: flows that it is enforced on, of 10,000.
        public var share: UInt16
        /// Into `ScopePeriod.places`: what says so.
        public var place: UInt16

        public init(stage: PatchStage, share: UInt16 = 0, place: UInt16 = 0) {
            self.stage = stage
            self.share = share
            self.place = place
        }
    }

    /// What holds for the containers of one row.
    public struct Row: Hashable, Sendable {
        /// By the patch's number less 1.
        public var cells: [Cell]
        /// Exceptions by their place in the table, in the policy's order.
        public var exceptions: [UInt16]

        public init(cells: [Cell], exceptions: [UInt16] = []) {
            self.cells = cells
            self.exceptions = exceptions
        }
    }

    /// Not included; the period before it ends where this one begins.
    let until: Timestamp
    let grid: StageGrid
    let rows: [Row]
    fileprivate let rowOfContainer: [ContainerNumber: UInt32]
    /// `policy.yaml:12`, each once.
    public let places: [String]

    static let everything = ScopePeriod(until: nil, rows: [Row(cells: [])], rowOfContainer: [:], places: [])

    /// - Parameters:
    ///   - until: nil for ever.
    ///   - rows: the first one is that of no container, and of containers that are not listed.
    public init(until: Timestamp?, rows: [Row], rowOfContainer: [ContainerNumber: UInt32], places: [String]) {
        self.until = until ?? Timestamp(nanoseconds: .max)
        self.rows = rows
        self.rowOfContainer = rowOfContainer
        self.places = places
        grid = StageGrid(rows: rows.map { [.enforce] + $0.cells.map(\.stage) })
    }

    func row(of container: ContainerNumber) -> UInt32 { rowOfContainer[container] ?? 0 }

    func cell(_ row: UInt32, patch: UInt16) -> Cell? {
        guard patch > 0, Int(row) < rows.count, Int(patch) <= rows[Int(row)].cells.count else { return nil }
        return rows[Int(row)].cells[Int(patch) - 1]
    }
}

extension ScopeTable: CustomStringConvertible {
    /// Every row of every period, and the containers that they are of: equal for tables that say the same.
    public var description: String {
        periods.map { period in
            let containers = period.rowOfContainer.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
            return "until \(period.until.nanoseconds): \(period.rows) \(containers)"
        }.joined(separator: "\n")
    }
}
