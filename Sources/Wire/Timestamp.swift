/// A packet's time: nanoseconds since the Unix epoch, as the capture or the kernel gave it.
///
/// The engine never reads a clock; every timer compares packet times.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Saturates at the ends of the range, because captures carry arbitrary times.
    @inlinable
    public func advanced(byNanoseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
        return Timestamp(nanoseconds: overflow ? (delta > 0 ? .max : .min) : sum)
    }

    /// Nanoseconds from `earlier` to `self`; saturating, negative when time ran backwards.
    @inlinable
    public func nanoseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return overflow ? (nanoseconds > earlier.nanoseconds ? .max : .min) : difference
    }

    /// Whole seconds since the epoch, wrapping every 136 years.
    public var wholeSeconds: UInt32 { UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000) }

    /// Between the whole seconds of both times, as Suricata tells a flow's age: from 1.9 to 2.1 it is 1.
    public func seconds(since earlier: Timestamp) -> Int64 {
        nanoseconds / 1_000_000_000 - earlier.nanoseconds / 1_000_000_000
    }
}
