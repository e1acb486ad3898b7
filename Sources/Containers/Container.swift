public import Wire

/// One running container, as its runtime and the kernel describe it.
public struct Container: Sendable, Hashable {
    /// Who runs it. `kubernetes`: a container of a pod, whatever runs it underneath.
    public enum Runtime: String, Sendable, Hashable, CaseIterable { case docker, podman, containerd, kubernetes }

    /// An interface of the host that leads to this container alone.
    public struct Interface: Sendable, Hashable {
        public var index: UInt32
        public var name: String
        /// The bridge that it is a port of; 0 when packets to it are routed.
        public var bridge: UInt32

        public init(index: UInt32, name: String, bridge: UInt32) {
            self.index = index
            self.name = name
            self.bridge = bridge
        }
    }

    /// Stands for the container in flows; never 0. The inventory gives it, once for each id.
    public internal(set) var number: UInt32 = 0
    /// As the runtime writes it, of Docker and Podman 64 hexadecimal digits.
    public var id: String
    /// Without Docker's leading slash; of a pod the container's name in it.
    public var name: String
    public var runtime: Runtime
    /// The image's name as the container was made from it, such as `docker.io/library/nginx:1.27`.
    public var image: String
    /// `sha256:…` of the image's manifest, as registries and scanners name it.
    public var digest: String?
    /// `sha256:…` of the image's configuration: the image's id. Images that no registry had have nothing else.
    public var imageID: String?
    public var labels: [String: String] = [:]
    public var composeProject: String?
    public var composeService: String?
    public var pod: String?
    /// Of Kubernetes.
    public var namespace: String?
    /// Holds the network namespace of a pod open and does nothing else.
    public var isSandbox = false
    /// Of its first process, in the host's process namespace.
    public var processID: Int32?
    /// The kernel's number (nsid) of its network namespace, as the host's namespace counts them; the same for
    /// containers that share one. nil when it has none of its own that the host is linked to.
    public var networkNamespace: Int32?
    /// It has the network of the host: packets do not tell it from the host.
    public var hasHostNetwork = false
    public var interfaces: [Interface] = []
    /// Without loopback ones.
    public var addresses: [IPAddress] = []

    public init(id: String, name: String, runtime: Runtime, image: String) {
        self.id = id
        self.name = name
        self.runtime = runtime
        self.image = image
    }

    /// Whether it runs the image that has this digest, of the manifest or of the configuration.
    public func runs(digest: String) -> Bool { self.digest == digest || imageID == digest }
}
