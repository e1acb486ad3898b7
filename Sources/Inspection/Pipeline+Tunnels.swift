import Detection
import Events
import Wire

extension Pipeline {
    /// Judges the packet inside `packet` as one of its own, with its own flow. What drops it drops the frame; so
    /// does a segment in it that would have to be rewritten, because lengths and checksums around it are not ours.
    func judgeTunnel(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: inout Judgement
    ) {
        guard let tunnel = packet.tunnel, !(configuration.mode == .prevent && judgement.drop != nil) else { return }
        let end = tunnel.offset + tunnel.length
        guard tunnel.offset >= 0, tunnel.offset <= end, end <= frame.count else { return }
        guard packet.tunnelDepth < Tunnel.maximumDepth else {
            var tooDeep = packet
            tooDeep.events = DecodeEventList(.tooManyLayers)
            applyRulesOutsideFlows(tooDeep, frame, metadata, &judgement)
            return judgement.drop(.decodeError)
        }
        let bytes = frame.extracting(tunnel.offset..<end)
        var inner = decoder.decode(bytes, link: tunnel.link, checksums: metadata.verifiesChecksums ? .verify : .ignore)
        inner.carrier = tunnel.kind
        inner.tunnelDepth = packet.tunnelDepth + 1
        setPlace(&inner)
        counters.note(inner, tunnel: tunnel.kind)
        if packet.tunnelDepth == 0 { tunnelRoot = (packet, packetSource(packet, judgement)) }
        defer { if packet.tunnelDepth == 0 { tunnelRoot = nil } }
        var own = Judgement()
        judge(inner, bytes, metadata, &own)
        switch conclude(inner, bytes, metadata, own) {
        case .drop, .reject, .rewrite: judgement.drop(.tunnelPacketDrop)
        case .accept, .bypass: break
        }
    }

    /// What tells the flows of this packet apart from those with the same addresses elsewhere.
    func setPlace(_ packet: inout DecodedPacket) {
        let vlan = configuration.tracksVLANs ? packet.vlans.word : 0
        let depth = configuration.tracksTunnelDepth ? UInt64(packet.tunnelDepth) << 56 : 0
        packet.flowPlace = vlan | depth
    }

    /// Counts and records what the decoder found.
    func noteAnomalies(_ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata) {
        for event in packet.events.members {
            counters.decodeEvents[Int(event.rawValue)] &+= 1
            guard configuration.recordsTraffic, configuration.records.anomalies.contains(.decode) else { continue }
            var header = header(packet, frame, metadata)
            header.packetSource = packet.carrier?.rawValue ?? "wire/pcap"
            events.append(
                Event(header: header, body: .anomaly(AnomalyRecord(kind: .decode, event: "decoder.\(event.name)"))))
        }
    }
}

extension DecodedPacket {
    /// A datagram put together belongs where its fragments came from.
    mutating func takePlace(of fragment: DecodedPacket) {
        vlans = fragment.vlans
        carrier = fragment.carrier
        tunnelDepth = fragment.tunnelDepth
        flowPlace = fragment.flowPlace
    }
}

extension Counters {
    mutating func note(_ packet: DecodedPacket) {
        if packet.invalid != nil { invalid &+= 1 }
        switch packet.addressFamily {
        case .ipv4: ipv4 &+= 1
        case .ipv6: ipv6 &+= 1
        case nil: break
        }
        if !packet.layers.isEmpty { note(packet.layers) }
        guard packet.addressFamily != nil else { return }
        switch packet.transport {
        case .tcp: tcp &+= 1
        case .udp: udp &+= 1
        case .icmp, .icmpv6: icmp &+= 1
        case .sctp: sctp &+= 1
        case .other: break
        }
    }

    private mutating func note(_ set: LayerSet) {
        for (index, (layer, _)) in LayerSet.names.enumerated() where set.contains(layer) { layers[index] &+= 1 }
    }

    mutating func note(_ inner: DecodedPacket, tunnel: Tunnel.Kind) {
        note(inner)
        if inner.link == .ethernet { links[Int(LinkType.ethernet.rawValue)] &+= 1 }
        switch tunnel {
        case .gre: gre &+= 1
        case .teredo: teredo &+= 1
        case .vxlan: vxlan &+= 1
        case .geneve: geneve &+= 1
        case .ipv4 where inner.addressFamily == .ipv4: ipv4InIPv4 &+= 1
        case .ipv4: ipv6InIPv4 &+= 1
        case .ipv6 where inner.addressFamily == .ipv4: ipv4InIPv6 &+= 1
        case .ipv6: ipv6InIPv6 &+= 1
        }
    }
}
