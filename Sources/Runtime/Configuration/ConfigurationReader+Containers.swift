import Containers
import Yams

extension ConfigurationReader {
    /// Keys under `containers`.
    static let containers: [String: Entry] = [
        "runtimes": .value { r, n, c throws(ConfigurationError) in c.containers.kinds = try r.runtimes(n) },
        "docker-sockets": .value { r, n, c throws(ConfigurationError) in c.containers.dockerSockets = try r.paths(n) },
        "podman-sockets": .value { r, n, c throws(ConfigurationError) in c.containers.podmanSockets = try r.paths(n) },
        "containerd-folders": .value { r, n, c throws(ConfigurationError) in
            c.containers.containerdFolders = try r.paths(n)
        },
        "records": .value { r, n, c throws(ConfigurationError) in c.recordsContainers = try r.boolean(n) },
    ]

    /// `auto`, `off`, or a list of kinds.
    private func runtimes(_ node: Node) throws(ConfigurationError) -> Set<ContainerSettings.Kind> {
        let names = try strings(node)
        if names == ["auto"] { return Set(ContainerSettings.Kind.allCases) }
        if names == ["off"] { return [] }
        var kinds: Set<ContainerSettings.Kind> = []
        for name in names {
            guard let kind = ContainerSettings.Kind(rawValue: name) else {
                let known = ContainerSettings.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw error(node, "expected auto, off, or some of \(known); found \(name)")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    private func paths(_ node: Node) throws(ConfigurationError) -> [String] {
        let paths = try strings(node)
        for path in paths where !path.hasPrefix("/") { throw error(node, "expected absolute paths; found \(path)") }
        return paths
    }
}
