public import Foundation

/// Which container an end of a flow or of a decision is.
public struct ContainerIdentityReport: Codable, Sendable {
    public var id: String
    public var name: String
    /// `docker`, `podman`, `containerd` or `kubernetes`.
    public var runtime: String
    public var image: String
    /// `sha256:…` of the image's manifest, or else the image's id.
    public var digest: String?
    public var project: String?
    public var pod: String?
    public var namespace: String?

    public init(id: String, name: String, runtime: String, image: String) {
        self.id = id
        self.name = name
        self.runtime = runtime
        self.image = image
    }
}

/// The containers at a flow's ends.
public struct FlowContainersReport: Codable, Sendable {
    public var client: ContainerIdentityReport?
    public var server: ContainerIdentityReport?

    /// nil when neither end is one.
    public init?(client: ContainerIdentityReport?, server: ContainerIdentityReport?) {
        if client == nil, server == nil { return nil }
        self.client = client
        self.server = server
    }
}

/// The containers that a packet is between, as EVE's `containers`.
public struct PacketContainersReport: Codable, Sendable {
    public var src: ContainerIdentityReport?
    public var dest: ContainerIdentityReport?

    /// nil when neither end is one.
    public init?(source: ContainerIdentityReport?, destination: ContainerIdentityReport?) {
        if source == nil, destination == nil { return nil }
        src = source
        dest = destination
    }
}

/// One container of `/v1/containers`.
public struct ContainerReport: Codable, Sendable {
    public struct Interface: Codable, Sendable {
        public var index: UInt32
        public var name: String
        /// Index of its bridge; nil when packets are routed to it.
        public var bridge: UInt32?

        public init(index: UInt32, name: String, bridge: UInt32?) {
            self.index = index
            self.name = name
            self.bridge = bridge
        }
    }

    public var id: String
    public var name: String
    public var runtime: String
    public var image: String
    public var digest: String?
    public var image_id: String?
    public var project: String?
    public var service: String?
    public var pod: String?
    public var namespace: String?
    public var labels: [String: String] = [:]
    public var pid: Int32?
    /// The kernel's number of its network namespace, as `ip netns` and `ip link` show it.
    public var network_namespace: Int32?
    public var host_network = false
    /// Holds a pod's network and does nothing else.
    public var sandbox = false
    public var interfaces: [Interface] = []
    public var addresses: [String] = []
    /// Ids of the others in its network.
    public var shares_network_with: [String] = []

    public init(id: String, name: String, runtime: String, image: String) {
        self.id = id
        self.name = name
        self.runtime = runtime
        self.image = image
    }
}

/// A runtime that is followed, or should be.
public struct RuntimeReport: Codable, Sendable {
    public var runtime: String
    /// Its socket or folder.
    public var place: String
    /// `following`, `absent` or `failed`.
    public var state: String
    public var reason: String?
    /// ISO 8601.
    public var since: String

    public init(runtime: String, place: String, state: String, reason: String?, since: Date) {
        self.runtime = runtime
        self.place = place
        self.state = state
        self.reason = reason
        self.since = since.formatted(.iso8601)
    }
}

public struct ContainersReport: Codable, Sendable {
    public var containers: [ContainerReport]
    public var runtimes: [RuntimeReport]

    public init(containers: [ContainerReport], runtimes: [RuntimeReport]) {
        self.containers = containers
        self.runtimes = runtimes
    }
}
