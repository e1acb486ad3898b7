import Wire

/// What most directions never need. A box is made when one does, so that an idle connection costs little.
struct Irregularities {
    /// Sequence number of a SYN that an established connection answers with a challenge.
    var challengedSYN = SequenceNumber(0)
    /// Out-of-band bytes that were left out.
    var urgentCount: UInt32 = 0
    var urgentOffset = 0
    /// Bytes that the peer acknowledged although they never came by: must not come any more.
    var missed = 0..<0
    /// Holes that `nextBuffered` has not come to yet, in order.
    var gaps: [Range<Int>] = []
    /// Of a direction that was picked up in its middle: the highest acknowledgment of something before that place.
    var floor: SequenceNumber?
    /// How often such a direction was picked up again further ahead.
    var rewinds = 0
    /// Segments that were taken in and are not handed on yet; only where a receiver's policy asks which came first.
    var segments: [Range<Int>] = []

    final class Box {
        var values: Irregularities
        init(_ values: Irregularities) { self.values = values }
    }
}

extension HalfStream {
    var irregular: Irregularities {
        get { irregularities?.values ?? Irregularities() }
        _modify {
            if let box = irregularities {
                if !isKnownUniquelyReferenced(&irregularities) { irregularities = Irregularities.Box(box.values) }
            } else {
                irregularities = Irregularities.Box(Irregularities())
            }
            var values = irregularities?.values ?? Irregularities()
            defer { irregularities?.values = values }
            yield &values
        }
    }
}
