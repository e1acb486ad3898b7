import Foundation
public import Wire

extension Timestamp {
    /// What the machine's clock says.
    public static var now: Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000)) }
}
