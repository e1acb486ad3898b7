/// Which runtimes are followed, and where.
public struct ContainerSettings: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable { case docker, podman, containerd }

    /// Empty for none at all.
    public var kinds = Set(Kind.allCases)
    public var dockerSockets = ["/run/docker.sock"]
    public var podmanSockets = ["/run/podman/podman.sock"]
    /// Folders of containerd's tasks: its own, Docker's containerd, that of k3s.
    public var containerdFolders = [
        "/run/containerd/io.containerd.runtime.v2.task", "/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
        "/run/k3s/containerd/io.containerd.runtime.v2.task",
    ]

    public init() {}
}
