package import Wire

/// What a peer does with one TCP connection of this machine's kernel: numbers are relative to what both ends
/// have said, so that the same script runs against any of the kernel's own choices.
package struct Script: Sendable {
    package var seed: UInt64
    package var settings: Settings
    package var steps: [Step]
    /// Only what an honest sender on a bad network does: everything must arrive.
    package var isBenign = false
    /// In the end every byte is sent once more, in order, as an honest sender would: what Linux gets of it alone it
    /// must get with the engine before it.
    package var recovers = false
    /// Bytes of the honest stream.
    package var length = 0
    /// How many of the steps come before the engine is there.
    package var unseen = 0
}

package struct Settings: Hashable, Sendable {
    /// What the kernel is in the connection.
    package enum Role: Sendable { case server, client }
    package enum Urgent: CaseIterable, Sendable { case outOfBand, inline, clear }

    package var role = Role.server
    package var urgent = Urgent.outOfBand
    package var dropsOverlaps = false
    package var hasSmallBuffer = false
    /// The kernel's server takes data in SYNs.
    package var takesFastOpen = false
    package var isIPv6 = false
    package var initialSequence: UInt32 = 1000
    /// TSval of the first segment; nil without time stamps.
    package var timestamp: UInt32?
    package var windowScale: UInt8?
    package var offersSACK = true
}

package enum Step: Sendable {
    case segment(Segment)
    /// The application reads up to so many bytes.
    case read(Int)
    /// The application writes.
    case write(Int)
    /// The application has no more to say.
    case shutdown
}

/// One TCP segment of the peer, perhaps in several fragments.
package struct Segment: Sendable {
    /// What `offset` counts from.
    package enum Anchor: Sendable {
        /// The first byte after the peer's SYN.
        case stream
        /// What the kernel has acknowledged last.
        case acknowledged
        /// The end of the window that it has granted last.
        case windowEdge
    }

    package enum Damage: Hashable, Sendable {
        case transportChecksum, headerChecksum, headerLength(UInt8), trailer(Int), truncation(Int), reservedBits(UInt8)
    }

    /// A fragment: which bytes of the IP payload it has, and from a copy with which variant of the data.
    package struct Piece: Sendable {
        package var range: Range<Int>
        package var more: Bool
        package var variant: UInt8 = 0
    }

    package var anchor = Anchor.stream
    package var offset = 0
    package var flags: TCPFlags = [.ack]
    /// Bytes of data.
    package var length = 0
    /// 0 for the honest stream's bytes; others for others.
    package var variant: UInt8 = 0
    /// Relative to all that the kernel has sent.
    package var acknowledgment = 0
    package var window: UInt16 = 65_535
    package var urgentPointer: UInt16 = 0
    /// Relative to the peer's clock; nil leaves the option out.
    package var timestamp: Int32? = 0
    /// Relative to what the kernel's segments said last.
    package var echo: Int32 = 0
    /// TCP options behind the usual ones.
    package var options: [UInt8] = []
    /// IPv4 options, or the first IPv6 extension header's number and the headers' bytes without their next header.
    package var networkOptions: [UInt8] = []
    package var damage: Damage?
    package var pieces: [Piece] = []
    /// The IP identification is that of the segment so many before; 0 for one of its own.
    package var identificationDistance = 0

    /// The honest sender's bytes of `range`.
    package static func data(_ range: Range<Int>, _ flags: TCPFlags = [.ack]) -> Segment {
        Segment(offset: range.lowerBound, flags: flags, length: range.count)
    }
}

extension Script: CustomStringConvertible {
    package var description: String {
        (["seed \(seed)\(isBenign ? ", benign" : "")\(recovers ? ", recovers" : ""), \(length) bytes, \(settings)"]
            + steps.enumerated().map { "  \($0 < unseen ? "(unseen) " : "")\($1)" }).joined(separator: "\n")
    }
}

extension Settings: CustomStringConvertible {
    package var description: String {
        var words = ["Linux is \(role)", isIPv6 ? "IPv6" : "IPv4", "urgent \(urgent)", "ISN \(initialSequence)"]
        if dropsOverlaps { words.append("drops overlaps") }
        if hasSmallBuffer { words.append("small buffer") }
        if takesFastOpen { words.append("takes fast open") }
        if let timestamp { words.append("timestamps from \(timestamp)") }
        if let windowScale { words.append("window scale \(windowScale)") }
        if offersSACK { words.append("SACK") }
        return words.joined(separator: ", ")
    }
}

extension Step: CustomStringConvertible {
    package var description: String {
        switch self {
        case .segment(let segment): segment.description
        case .read(let count): "application reads \(count)"
        case .write(let count): "application writes \(count)"
        case .shutdown: "application shuts down"
        }
    }
}

extension Segment: CustomStringConvertible {
    package var description: String {
        let names: [(TCPFlags, String)] = [
            (.fin, "FIN"), (.syn, "SYN"), (.rst, "RST"), (.psh, "PSH"), (.ack, "ACK"), (.urg, "URG"), (.ece, "ECE"), (.cwr, "CWR"),
        ]
        var words = [names.filter { flags.contains($0.0) }.map(\.1).joined(separator: "|")]
        if words == [""] { words = ["no flags"] }
        words.append("\(anchor == .stream ? "" : "\(anchor)+")\(offset)..<\(offset + length)")
        if variant != 0 { words.append("variant \(variant)") }
        if acknowledgment != 0 { words.append("ack\(acknowledgment > 0 ? "+" : "")\(acknowledgment)") }
        if window != 65_535 { words.append("window \(window)") }
        if urgentPointer != 0 { words.append("urgent \(urgentPointer)") }
        if timestamp != 0 { words.append(timestamp.map { "time \($0)" } ?? "no time") }
        if echo != 0 { words.append("echo \(echo)") }
        if !options.isEmpty { words.append("options \(options)") }
        if !networkOptions.isEmpty { words.append("IP options \(networkOptions)") }
        if let damage { words.append("\(damage)") }
        if identificationDistance > 0 { words.append("identification of \(identificationDistance) before") }
        for piece in pieces {
            words.append("[\(piece.range)\(piece.more ? "+" : "")\(piece.variant == 0 ? "" : " variant \(piece.variant)")]")
        }
        return words.joined(separator: " ")
    }
}
