import Traffic

/// Below TCP: other packets around the same segments.
extension Evasion {
    static let packets: [Evasion] = [
        plain,
        Evasion("ipv6", .ip, "over IPv6") { message in
            var script = ClientScript.plain(message)
            script.isIPv6 = true
            return script
        },
        fragmented("fragments", "every packet in IP fragments of 64 bytes", 64),
        fragmented("fragments-reversed", "fragments of 64 bytes, the last one first", 64, .reversed),
        fragmented("fragments-tiny", "fragments of 8 bytes, which cut the TCP header too", 8),
        fragmented("fragments-duplicated", "every fragment of 64 bytes twice", 64, .duplicated),
        fragmented(
            "fragments-overlapping", "ahead of every packet one with other bytes whose fragments overlap, which receivers give up",
            64, .afterOverlapping),
        fragmented("ipv6-fragments", "IPv6 fragments of 64 bytes, the last one first", 64, .reversed, isIPv6: true),
        fragmented("ipv6-atomic-fragment", "a fragment header on whole IPv6 packets", 32_000, isIPv6: true),
        enveloped("ipv4-options", "IPv4 headers with padding and router alert options", .ipv4Options([1, 1, 148, 4, 0, 0, 1, 0])),
        enveloped("ipv6-extension-headers", "hop-by-hop and destination options on every IPv6 packet", .extensionHeaders, isIPv6: true),
        tagged("vlan", "frames with a VLAN tag", [7]),
        tagged("vlan-in-vlan", "frames with two VLAN tags", [7, 9]),
    ]

    private static func fragmented(
        _ name: String, _ summary: String, _ bytes: Int, _ order: ScriptedSegment.FragmentOrder = .inOrder, isIPv6: Bool = false
    ) -> Evasion {
        enveloped(name, summary, .fragments(bytes: bytes, order: order), isIPv6: isIPv6)
    }

    private static func enveloped(
        _ name: String, _ summary: String, _ envelope: ScriptedSegment.Envelope, isIPv6: Bool = false
    ) -> Evasion {
        Evasion(name, .ip, summary) { message in
            var script = ClientScript.plain(message)
            script.isIPv6 = isIPv6
            script.steps = script.steps.map { step in
                guard case .segment(var segment) = step else { return step }
                segment.envelope = envelope
                return .segment(segment)
            }
            return script
        }
    }

    private static func tagged(_ name: String, _ summary: String, _ vlans: [UInt16]) -> Evasion {
        Evasion(name, .ip, summary) { message in
            var script = ClientScript.plain(message)
            script.vlans = vlans
            return script
        }
    }
}
