/// A name known at compile time, small enough to keep in bulk.
public struct StaticName: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let description: String
    public init(stringLiteral value: StaticString) { description = value.description }
}
