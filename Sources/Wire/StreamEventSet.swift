/// Anomalies of TCP segments, as `stream-event:` rules name them (Suricata's `stream-events.rules`).
public struct StreamEventSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    private init(bit: UInt64) { rawValue = 1 << bit }

    public static let handshakeAckInWrongDirection = StreamEventSet(bit: 0)
    public static let handshakeRightSequenceWrongAckEvasion = StreamEventSet(bit: 1)
    public static let handshakeSynAckInWrongDirection = StreamEventSet(bit: 2)
    public static let handshakeSynAckResentWithDifferentAck = StreamEventSet(bit: 3)
    public static let handshakeSynAckResentWithDifferentSequence = StreamEventSet(bit: 4)
    public static let handshakeSynAckToServerOnSynRecv = StreamEventSet(bit: 5)
    public static let handshakeSynAckWithWrongAck = StreamEventSet(bit: 6)
    public static let handshakeSynAckFastOpenDataIgnored = StreamEventSet(bit: 7)
    public static let handshakeSynResentDifferentSequenceOnSynRecv = StreamEventSet(bit: 8)
    public static let handshakeSynToClientOnSynRecv = StreamEventSet(bit: 9)
    public static let handshakeWrongSequenceWrongAck = StreamEventSet(bit: 10)
    public static let handshakeAckDataInjection = StreamEventSet(bit: 11)
    public static let simultaneousSynAckWithWrongAck = StreamEventSet(bit: 12)
    public static let simultaneousSynAckWithWrongSyn = StreamEventSet(bit: 13)
    public static let simultaneousInvalidAck = StreamEventSet(bit: 14)
    public static let closeWaitAckOutOfWindow = StreamEventSet(bit: 15)
    public static let closeWaitFinOutOfWindow = StreamEventSet(bit: 16)
    public static let closeWaitPacketBeforeLastAck = StreamEventSet(bit: 17)
    public static let closeWaitInvalidAck = StreamEventSet(bit: 18)
    public static let closingAckWrongSequence = StreamEventSet(bit: 19)
    public static let closingInvalidAck = StreamEventSet(bit: 20)
    public static let establishedPacketOutOfWindow = StreamEventSet(bit: 21)
    public static let establishedPacketBeforeLastAck = StreamEventSet(bit: 22)
    public static let establishedSynAckResent = StreamEventSet(bit: 23)
    public static let establishedSynAckResentWithDifferentAck = StreamEventSet(bit: 24)
    public static let establishedSynAckResentWithDifferentSequence = StreamEventSet(bit: 25)
    public static let establishedSynAckToServer = StreamEventSet(bit: 26)
    public static let establishedSynResent = StreamEventSet(bit: 27)
    public static let establishedSynResentDifferentSequence = StreamEventSet(bit: 28)
    public static let establishedSynToClient = StreamEventSet(bit: 29)
    public static let establishedInvalidAck = StreamEventSet(bit: 30)
    public static let finWait1AckWrongSequence = StreamEventSet(bit: 31)
    public static let finWait1FinWrongSequence = StreamEventSet(bit: 32)
    public static let finWait1InvalidAck = StreamEventSet(bit: 33)
    public static let finWait2AckWrongSequence = StreamEventSet(bit: 34)
    public static let finWait2FinWrongSequence = StreamEventSet(bit: 35)
    public static let finWait2InvalidAck = StreamEventSet(bit: 36)
    public static let finButNoSession = StreamEventSet(bit: 37)
    public static let finInvalidAck = StreamEventSet(bit: 38)
    public static let finOutOfWindow = StreamEventSet(bit: 39)
    public static let lastAckAckWrongSequence = StreamEventSet(bit: 40)
    public static let lastAckInvalidAck = StreamEventSet(bit: 41)
    public static let rstButNoSession = StreamEventSet(bit: 42)
    public static let timeWaitAckWrongSequence = StreamEventSet(bit: 43)
    public static let timeWaitInvalidAck = StreamEventSet(bit: 44)
    public static let shutdownSynResent = StreamEventSet(bit: 45)
    public static let packetInvalidTimestamp = StreamEventSet(bit: 46)
    public static let packetInvalidAck = StreamEventSet(bit: 47)
    public static let packetBrokenAck = StreamEventSet(bit: 48)
    public static let rstInvalidAck = StreamEventSet(bit: 49)
    public static let packetRetransmission = StreamEventSet(bit: 50)
    public static let suspectedRstInjection = StreamEventSet(bit: 51)
    public static let finSyn = StreamEventSet(bit: 52)
    public static let reassemblySegmentBeforeBaseSequence = StreamEventSet(bit: 53)
    public static let reassemblySequenceGap = StreamEventSet(bit: 54)
    public static let reassemblyOverlapDifferentData = StreamEventSet(bit: 55)
    public static let reassemblyInsertMemcap = StreamEventSet(bit: 56)
    public static let reassemblyInsertLimit = StreamEventSet(bit: 57)
    public static let reassemblyUrgentOutOfBandLimitReached = StreamEventSet(bit: 58)
    public static let reassemblyDepthReached = StreamEventSet(bit: 59)
    public static let handshakeSynFlood = StreamEventSet(bit: 60)
    public static let handshakeSynAckFlood = StreamEventSet(bit: 61)
    public static let handshakeAsyncWrongSequence = StreamEventSet(bit: 62)
    public static let packetSpuriousRetransmission = StreamEventSet(bit: 63)
    /// Stands for the names that Suricata knows and that cannot come up here.
    public static let neverRaised: StreamEventSet = []

    /// The event that a rule names, or nil for a name that does not exist.
    public init?(name: some StringProtocol) {
        guard let entry = StreamEventSet.names.first(where: { $0.name == name }) else { return nil }
        self = entry.event
    }

    /// Rule names of the events in the set.
    public var names: [String] { StreamEventSet.names.compactMap { isDisjoint(with: $0.event) ? nil : $0.name } }

    /// Every name with its event; names that cannot come up share `neverRaised`.
    public static let names: [(name: String, event: StreamEventSet)] = [
        ("3whs_ack_in_wrong_dir", .handshakeAckInWrongDirection),
        ("3whs_right_seq_wrong_ack_evasion", .handshakeRightSequenceWrongAckEvasion),
        ("3whs_synack_in_wrong_direction", .handshakeSynAckInWrongDirection),
        ("3whs_synack_resend_with_different_ack", .handshakeSynAckResentWithDifferentAck),
        ("3whs_synack_resend_with_diff_seq", .handshakeSynAckResentWithDifferentSequence),
        ("3whs_synack_toserver_on_syn_recv", .handshakeSynAckToServerOnSynRecv),
        ("3whs_synack_with_wrong_ack", .handshakeSynAckWithWrongAck),
        ("3whs_synack_tfo_data_ignored", .handshakeSynAckFastOpenDataIgnored),
        ("3whs_syn_resend_diff_seq_on_syn_recv", .handshakeSynResentDifferentSequenceOnSynRecv),
        ("3whs_syn_toclient_on_syn_recv", .handshakeSynToClientOnSynRecv),
        ("3whs_wrong_seq_wrong_ack", .handshakeWrongSequenceWrongAck),
        ("3whs_ack_data_inject", .handshakeAckDataInjection),
        ("4whs_synack_with_wrong_ack", .simultaneousSynAckWithWrongAck),
        ("4whs_synack_with_wrong_syn", .simultaneousSynAckWithWrongSyn),
        ("4whs_invalid_ack", .simultaneousInvalidAck),
        ("closewait_ack_out_of_window", .closeWaitAckOutOfWindow),
        ("closewait_fin_out_of_window", .closeWaitFinOutOfWindow),
        ("closewait_pkt_before_last_ack", .closeWaitPacketBeforeLastAck),
        ("closewait_invalid_ack", .closeWaitInvalidAck),
        ("closing_ack_wrong_seq", .closingAckWrongSequence),
        ("closing_invalid_ack", .closingInvalidAck),
        ("est_packet_out_of_window", .establishedPacketOutOfWindow),
        ("est_pkt_before_last_ack", .establishedPacketBeforeLastAck),
        ("est_synack_resend", .establishedSynAckResent),
        ("est_synack_resend_with_different_ack", .establishedSynAckResentWithDifferentAck),
        ("est_synack_resend_with_diff_seq", .establishedSynAckResentWithDifferentSequence),
        ("est_synack_toserver", .establishedSynAckToServer),
        ("est_syn_resend", .establishedSynResent),
        ("est_syn_resend_diff_seq", .establishedSynResentDifferentSequence),
        ("est_syn_toclient", .establishedSynToClient),
        ("est_invalid_ack", .establishedInvalidAck),
        ("fin1_ack_wrong_seq", .finWait1AckWrongSequence),
        ("fin1_fin_wrong_seq", .finWait1FinWrongSequence),
        ("fin1_invalid_ack", .finWait1InvalidAck),
        ("fin2_ack_wrong_seq", .finWait2AckWrongSequence),
        ("fin2_fin_wrong_seq", .finWait2FinWrongSequence),
        ("fin2_invalid_ack", .finWait2InvalidAck),
        ("fin_but_no_session", .finButNoSession),
        ("fin_invalid_ack", .finInvalidAck),
        ("fin_out_of_window", .finOutOfWindow),
        ("lastack_ack_wrong_seq", .lastAckAckWrongSequence),
        ("lastack_invalid_ack", .lastAckInvalidAck),
        ("rst_but_no_session", .rstButNoSession),
        ("timewait_ack_wrong_seq", .timeWaitAckWrongSequence),
        ("timewait_invalid_ack", .timeWaitInvalidAck),
        ("shutdown_syn_resend", .shutdownSynResent),
        ("pkt_invalid_timestamp", .packetInvalidTimestamp),
        ("pkt_invalid_ack", .packetInvalidAck),
        ("pkt_broken_ack", .packetBrokenAck),
        ("rst_invalid_ack", .rstInvalidAck),
        ("pkt_retransmission", .packetRetransmission),
        ("suspected_rst_inject", .suspectedRstInjection),
        ("fin_syn", .finSyn),
        ("reassembly_segment_before_base_seq", .reassemblySegmentBeforeBaseSequence),
        ("reassembly_seq_gap", .reassemblySequenceGap),
        ("reassembly_overlap_different_data", .reassemblyOverlapDifferentData),
        ("reassembly_insert_memcap", .reassemblyInsertMemcap),
        ("reassembly_insert_limit", .reassemblyInsertLimit),
        ("reassembly_urgent_oob_limit_reached", .reassemblyUrgentOutOfBandLimitReached),
        ("reassembly_depth_reached", .reassemblyDepthReached),
        ("3whs_async_wrong_seq", .handshakeAsyncWrongSequence),
        ("3whs_synack_flood", .handshakeSynAckFlood),
        ("3whs_syn_flood", .handshakeSynFlood),
        ("4whs_wrong_seq", .neverRaised),
        ("pkt_bad_window_update", .neverRaised),
        ("pkt_spurious_retransmission", .packetSpuriousRetransmission),
        ("wrong_thread", .neverRaised),
        ("reassembly_no_segment", .neverRaised),
        ("reassembly_insert_invalid", .neverRaised),
    ]
}
