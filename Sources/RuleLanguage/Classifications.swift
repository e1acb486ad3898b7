/// Class types with their description and default priority (classification.config).
public struct Classifications: Sendable {
    public struct Entry: Sendable {
        public let description: String
        public let priority: UInt8
    }

    private var entries: [String: Entry] = [:]
    /// Lines of the file that could not be read.
    public private(set) var diagnostics: [Diagnostic] = []

    /// The class types that Suricata ships.
    public init() {
        for (name, description, priority) in Self.builtIn {
            entries[name] = Entry(description: description, priority: priority)
        }
    }

    /// Lines of `config classification: name,description,priority`.
    public init(file: String, bytes: [UInt8]) {
        self.init()
        let text = RuleText(file: file, bytes: bytes)
        for line in text.logicalLines() {
            do throws(RuleError) {
                try add(line)
            } catch {
                diagnostics.append(text.diagnostic(.error, error, sid: nil))
            }
        }
    }

    private mutating func add(_ line: Field) throws(RuleError) {
        guard let rest = line.dropping("config")?.dropping("classification:") else {
            throw RuleError("expected 'config classification: name,description,priority'", at: line)
        }
        let parts = rest.parts(",")
        guard parts.count >= 3, !parts[0].isEmpty else {
            throw RuleError("expected 'name,description,priority' after 'config classification:'", at: rest)
        }
        let description = rest[parts[1].startIndex..<parts[parts.count - 2].endIndex]
        let priority = try parts[parts.count - 1].integer(in: 1...255, "the priority")
        entries[parts[0].text.lowercased()] = Entry(description: description.text, priority: UInt8(priority))
    }

    public subscript(name: String) -> Entry? { entries[name.lowercased()] }

    private static let builtIn: [(String, String, UInt8)] = [
        ("not-suspicious", "Not Suspicious Traffic", 3), ("unknown", "Unknown Traffic", 3),
        ("bad-unknown", "Potentially Bad Traffic", 2), ("attempted-recon", "Attempted Information Leak", 2),
        ("successful-recon-limited", "Information Leak", 2),
        ("successful-recon-largescale", "Large Scale Information Leak", 2),
        ("attempted-dos", "Attempted Denial of Service", 2), ("successful-dos", "Denial of Service", 2),
        ("attempted-user", "Attempted User Privilege Gain", 1),
        ("unsuccessful-user", "Unsuccessful User Privilege Gain", 1),
        ("successful-user", "Successful User Privilege Gain", 1),
        ("attempted-admin", "Attempted Administrator Privilege Gain", 1),
        ("successful-admin", "Successful Administrator Privilege Gain", 1),
        ("rpc-portmap-decode", "Decode of an RPC Query", 2), ("shellcode-detect", "Executable code was detected", 1),
        ("string-detect", "A suspicious string was detected", 3),
        ("suspicious-filename-detect", "A suspicious filename was detected", 2),
        ("suspicious-login", "An attempted login using a suspicious username was detected", 2),
        ("system-call-detect", "A system call was detected", 2), ("tcp-connection", "A TCP connection was detected", 4),
        ("trojan-activity", "A Network Trojan was detected", 1),
        ("unusual-client-port-connection", "A client was using an unusual port", 2),
        ("network-scan", "Detection of a Network Scan", 3),
        ("denial-of-service", "Detection of a Denial of Service Attack", 2),
        ("non-standard-protocol", "Detection of a non-standard protocol or event", 2),
        ("protocol-command-decode", "Generic Protocol Command Decode", 3),
        ("web-application-activity", "access to a potentially vulnerable web application", 2),
        ("web-application-attack", "Web Application Attack", 1), ("misc-activity", "Misc activity", 3),
        ("misc-attack", "Misc Attack", 2), ("icmp-event", "Generic ICMP event", 3),
        ("inappropriate-content", "Inappropriate Content was Detected", 1),
        ("policy-violation", "Potential Corporate Privacy Violation", 1),
        ("default-login-attempt", "Attempt to login by a default username and password", 2),
        ("targeted-activity", "Targeted Malicious Activity was Detected", 1),
        ("exploit-kit", "Exploit Kit Activity Detected", 1),
        ("external-ip-check", "Device Retrieving External IP Address Detected", 2),
        ("domain-c2", "Domain Observed Used for C2 Detected", 1), ("pup-activity", "Possibly Unwanted Program Detected", 2),
        ("credential-theft", "Successful Credential Theft Detected", 1),
        ("social-engineering", "Possible Social Engineering Attempted", 2),
        ("coin-mining", "Crypto Currency Mining Activity Detected", 2),
        ("command-and-control", "Malware Command and Control Activity Detected", 1),
    ]
}
