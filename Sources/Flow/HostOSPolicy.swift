/// Which of two copies of the same bytes a receiver keeps, by its operating system: the names of Suricata's
/// `host-os-policy` (https://docs.suricata.io/en/suricata-8.0.0/configuration/suricata-yaml.html#host-os-policy).
///
/// For a listener beside the wire only. Inline the first copy wins for every receiver, because later ones are rewritten.
public enum HostOSPolicy: String, Sendable, CaseIterable {
    case bsd
    case bsdRight = "bsd-right"
    case oldLinux = "old-linux"
    case linux
    case oldSolaris = "old-solaris"
    case solaris, hpux10, hpux11, irix, macos, windows, vista, windows2k3
    /// The first copy, always.
    case first
    /// The newest copy, always.
    case last

    /// Whether the segment `new` replaces what it shares with the segment `old`, which came before it.
    func takes(_ new: Range<Int>, over old: Range<Int>) -> Bool {
        switch self {
        case .first, .vista: false
        case .last: true
        case .bsd, .bsdRight, .hpux10, .irix, .macos, .windows, .windows2k3: new.lowerBound < old.lowerBound
        case .linux:
            new.lowerBound < old.lowerBound || new.lowerBound == old.lowerBound && new.upperBound > old.upperBound
        case .oldLinux:
            new.lowerBound < old.lowerBound || new.lowerBound == old.lowerBound && new.upperBound >= old.upperBound
        case .solaris, .oldSolaris, .hpux11:
            new.upperBound > old.upperBound || new.lowerBound <= old.lowerBound && new.upperBound == old.upperBound
        }
    }
}
