/// The link layer that a frame starts with.
public enum LinkType: Sendable { case ethernet, rawIP, linuxCooked, linuxCooked2, null }

/// Turns the bytes of a frame into a `DecodedPacket`. Never fails: defects are part of the result.
public struct PacketDecoder: Sendable {
    public enum Checksums: Sendable {
        /// Not computed: the sender's card would have done it, or the capture says so.
        case ignore
        case verify
    }

    public init() {}

    public func decode(_ frame: Span<UInt8>, link: LinkType, checksums: Checksums) -> DecodedPacket {
        DecodedPacket()
    }
}
