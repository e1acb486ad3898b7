public struct AlertRecord: Sendable {
    public init() {}
}
public struct DropRecord: Sendable {
    public init() {}
}
public struct FlowEventRecord: Sendable {
    public init() {}
}
public struct HTTPRecord: Sendable {
    public init() {}
}
public struct AnomalyRecord: Sendable {
    public init() {}
}
public struct StatsRecord: Sendable {
    public init() {}
}
