/// How far the rules of a patch may go.
public enum PatchStage: UInt8, Sendable, CaseIterable {
    /// A match does nothing.
    case off
    /// A match that would drop, reject, pass or rewrite alerts only.
    case shadow
    /// `enforce` for a part of the flows, `shadow` for the others.
    case canary
    /// As the rules are written.
    case enforce
}

/// The stage of each patch, for each row of a policy: rows stand for containers to which the same holds.
public struct StageGrid: Sendable {
    private let stages: [PatchStage]
    /// Patches, and one for the rules that belong to none.
    private let width: Int

    /// Every rule acts as it is written.
    public static let everything = StageGrid(rows: [])

    /// - Parameter rows: of equal length; the first element of each is that of rules without a patch.
    public init(rows: [[PatchStage]]) {
        width = rows.first?.count ?? 0
        stages = rows.flatMap { $0 }
    }

    /// `enforce` for a patch or row that the grid does not have.
    public subscript(row: UInt32, patch: UInt16) -> PatchStage {
        let place = Int(row) &* width &+ Int(patch)
        return Int(patch) < width && place < stages.count ? stages[place] : .enforce
    }
}
