import Wire

/// Suricata's settings of tunnels in UDP, `decoder.*`.
extension SuricataSettings {
    /// The port groups of Suricata's shipped configuration that `decoder.*.ports` refers to.
    static let tunnelPortGroups = ["vxlan": "VXLAN_PORTS", "geneve": "GENEVE_PORTS", "teredo": "TEREDO_PORTS"]

    /// - Returns: false for a key that means nothing here.
    func isDecoderSetting(_ key: String) -> Bool {
        ["vxlan", "geneve", "teredo"].contains { key == "decoder.\($0).enabled" || key == "decoder.\($0).ports" }
            || key == "decoder.vxlan.reserved-bits-check"
    }

    func applyTunnels(to tunnels: inout TunnelPorts) throws(ConfigurationError) {
        tunnels.vxlan = try ports(of: "vxlan", tunnels.vxlan) ?? tunnels.vxlan
        tunnels.geneve = try ports(of: "geneve", tunnels.geneve) ?? tunnels.geneve
        tunnels.teredo = try ports(of: "teredo", tunnels.teredo)
        let key = "decoder.vxlan.reserved-bits-check"
        switch self[key] {
        case nil: break
        case "strict": tunnels.checksReservedVXLANBits = true
        case "permissive": tunnels.checksReservedVXLANBits = false
        case let other?: throw error(key, "expected strict or permissive, found \(other)")
        }
    }

    /// - Returns: nil for any port.
    private func ports(
        of tunnel: String, _ before: TunnelPorts.PortList?
    ) throws(ConfigurationError) -> TunnelPorts.PortList? {
        if let enabled = self["decoder.\(tunnel).enabled"], !Self.isYes(enabled) { return [] }
        let key = "decoder.\(tunnel).ports"
        let group = self["vars.port-groups.\(Self.tunnelPortGroups[tunnel] ?? "")"]
        guard var value = self[key] ?? group else { return before }
        if let name = value.dropping(prefix: "$") { value = self["vars.port-groups.\(name)"] ?? "any" }
        if list(value).isEmpty { return nil }
        guard let ports = TunnelPorts.PortList.parse(list(value)) else {
            throw error(key, "expected up to \(TunnelPorts.PortList.capacity) ports, or any; found \(value)")
        }
        return ports
    }
}
