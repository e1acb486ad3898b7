/// EVE `proto` and the rule keyword `ip_proto`: the keywords of IANA's registry
/// (https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml), with `IP-in-IP` for 4 as Suricata writes
/// it; a number without a keyword stands in three digits.
public enum IPProtocolNames {
    public static func name(_ number: UInt8) -> String {
        if Int(number) < assigned.count { return assigned[Int(number)] }
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// In either case; the names of /etc/protocols that differ from IANA's count too.
    public static func number(_ name: String) -> UInt8? {
        let wanted = name.uppercased()
        if let alias = aliases[wanted] { return alias }
        return assigned.firstIndex { $0.uppercased() == wanted }.map { UInt8($0) }
    }

    private static let aliases: [String: UInt8] = [
        "IP": 0, "IPENCAP": 4, "IPV4": 4, "RSPF": 73, "OSPF": 89, "MPLS": 137, "ICMPV6": 58,
    ]

    /// Indexed by number, without gaps.
    private static let assigned = """
        HOPOPT ICMP IGMP GGP IP-in-IP ST TCP CBT EGP IGP BBN-RCC-MON NVP-II PUP ARGUS EMCON XNET CHAOS UDP MUX DCN-MEAS HMP \
        PRM XNS-IDP TRUNK-1 TRUNK-2 LEAF-1 LEAF-2 RDP IRTP ISO-TP4 NETBLT MFE-NSP MERIT-INP DCCP 3PC IDPR XTP DDP \
        IDPR-CMTP TP++ IL IPv6 SDRP IPv6-Route IPv6-Frag IDRP RSVP GRE DSR BNA ESP AH I-NLSP SWIPE NARP MOBILE TLSP \
        SKIP IPv6-ICMP IPv6-NoNxt IPv6-Opts 061 CFTP 063 SAT-EXPAK KRYPTOLAN RVD IPPC 068 SAT-MON VISA IPCV CPNX CPHB \
        WSN PVP BR-SAT-MON SUN-ND WB-MON WB-EXPAK ISO-IP VMTP SECURE-VMTP VINES TTP NSFNET-IGP DGP TCF EIGRP OSPFIGP \
        Sprite-RPC LARP MTP AX.25 IPIP MICP SCC-SP ETHERIP ENCAP 099 GMTP IFMP PNNI PIM ARIS SCPS QNX A/N IPComp SNP \
        Compaq-Peer IPX-in-IP VRRP PGM 114 L2TP DDX IATP STP SRP UTI SMP SM PTP ISIS FIRE CRTP CRUDP SSCOPMCE IPLT SPS \
        PIPE SCTP FC RSVP-E2E-IGNORE Mobility-Header UDPLite MPLS-in-IP manet HIP Shim6 WESP ROHC
        """.split(separator: " ").map(String.init)
}
