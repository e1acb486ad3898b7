/// Why the hook could not be installed, removed or read.
public enum HookError: Error, Equatable, Sendable {
    case commandNotFound(String)
    /// With what the command wrote to standard error.
    case commandFailed(command: String, status: Int32, message: String)
    case notAnInterface(String)
    case noBackend
}

extension HookError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .commandNotFound(let command):
            "\(command): command not found (Debian packages: iptables, nftables)"
        case .commandFailed(let command, let status, let message):
            "\(command) failed with status \(status): \(message)"
        case .notAnInterface(let text):
            "\"\(text)\" is not an interface name or a pattern with + at its end"
        case .noBackend:
            "neither iptables-legacy, iptables-nft nor nft with queue support is here"
        }
    }
}
