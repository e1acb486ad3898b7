/// Reference systems with the prefix that makes a link of an id (reference.config).
public struct References: Sendable {
    private var prefixes: [String: String] = [
        "url": "http://", "cve": "https://cve.mitre.org/cgi-bin/cvename.cgi?name=", "bugtraq": "http://www.securityfocus.com/bid/",
        "nessus": "http://cgi.nessus.org/plugins/dump.php3?id=", "arachnids": "http://www.whitehats.com/info/IDS",
        "mcafee": "http://vil.nai.com/vil/content/v_", "osvdb": "http://osvdb.org/show/osvdb/",
        "secunia": "http://www.secunia.com/advisories/", "securitytracker": "http://www.securitytracker.com/id?",
        "md5": "http://www.threatexpert.com/report.aspx?md5=", "et": "http://doc.emergingthreats.net/",
        "etpro": "http://doc.emergingthreatspro.com/", "telus": "http://",
        "exploitdb": "https://www.exploit-db.com/exploits/", "openpacket": "https://www.openpacket.org/capture/grab/",
        "msft": "https://technet.microsoft.com/library/security/", "tactic": "https://attack.mitre.org/tactics/",
        "technique": "https://attack.mitre.org/techniques/", "virustotal": "https://www.virustotal.com/gui/file/",
    ]
    /// Lines of the file that could not be read.
    public private(set) var diagnostics: [Diagnostic] = []

    public init() {}

    /// Lines of `config reference: system prefix`.
    public init(file: String, bytes: [UInt8]) {
        let text = RuleText(file: file, bytes: bytes)
        for line in text.logicalLines() {
            let words = (line.dropping("config")?.dropping("reference:") ?? line.prefix(0)).words
            guard words.count == 2 || words.count == 1 else {
                diagnostics.append(
                    text.diagnostic(
                        .error, RuleError("expected 'config reference: system prefix'", at: line), sid: nil))
                continue
            }
            prefixes[words[0].text.lowercased()] = words.count == 2 ? words[1].text : ""
        }
    }

    /// The link for a reference, nil for a system that is not known.
    public func link(_ system: String, _ id: String) -> String? {
        guard let prefix = prefixes[system.lowercased()] else { return nil }
        return id.hasPrefix("http://") || id.hasPrefix("https://") ? id : prefix + id
    }
}
