/// Which part of all flows one is in, as an even spread over 10,000 parts.
///
/// From the flow's key alone, with a hash whose key is fixed: both directions, all workers, a daemon that was started
/// anew and a replay agree, and a larger share includes the flows of a smaller one.
extension FlowKey {
    private static let sampling = FlowHash((0x7361_6d70_6c65_0000, 1))

    /// 0 to 9,999.
    public var sample: UInt16 { UInt16(FlowKey.sampling.hash(self) % 10_000) }
}

extension FlowRecord {
    /// `FlowKey.sample`
    public var sample: UInt16 { FlowKey(self).sample }
}
