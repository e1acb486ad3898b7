import AppLayer

/// What becomes of a flow once its ends encrypt
/// (https://docs.suricata.io/en/suricata-8.0.0/configuration/suricata-yaml.html#ssl-tls, `encryption-handling`).
public enum EncryptionHandling: String, Sendable, CaseIterable {
    /// Goes on as before.
    case full
    /// Its parser follows it, but nothing is searched for in what is encrypted.
    case trackOnly = "track-only"
    /// The rest goes by uninspected.
    case bypass
}

extension PipelineConfiguration {
    func encryptionHandling(of session: AppLayerSession) -> EncryptionHandling {
        guard session.isEncrypted else { return .full }
        return session.appProtocol == .ssh ? sshEncryption : tlsEncryption
    }
}
