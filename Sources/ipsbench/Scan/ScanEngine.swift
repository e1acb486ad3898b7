/// A multi-pattern engine under measurement.
///
/// A match is a pattern together with the place where it ends; the same pattern ending at another place is another
/// match. With streaming a pattern may be cut by chunks, without it each chunk is a text of its own.
protocol ScanEngine {
    /// Goes through the whole text once, as the engine is used in earnest.
    mutating func scan(_ input: ScanInput) throws

    /// The number of matches in the text.
    mutating func countMatches(_ input: ScanInput) throws -> Int
}
