/// The container at one end of an event, as EVE's `containers.src` and `containers.dest` tell it.
public final class ContainerRecord: Sendable {
    public let id: String
    public let name: String
    public let runtime: String
    public let image: String
    public let digest: String?
    public let project: String?
    public let pod: String?
    public let namespace: String?
    /// Names of the others in its network: the packet may be theirs.
    public let sharing: [String]

    public init(
        id: String, name: String, runtime: String, image: String, digest: String?, project: String?, pod: String?,
        namespace: String?, sharing: [String]
    ) {
        self.id = id
        self.name = name
        self.runtime = runtime
        self.image = image
        self.digest = digest
        self.project = project
        self.pod = pod
        self.namespace = namespace
        self.sharing = sharing
    }

    func write(_ key: StaticString, _ json: inout JSONWriter) {
        json.object(key) { json in
            json.member("id", id)
            json.member("name", name)
            json.member("runtime", runtime)
            json.member("image", image)
            json.member("digest", digest)
            json.member("project", project)
            json.member("pod", pod)
            json.member("namespace", namespace)
            if !sharing.isEmpty { json.array("shares_network_with") { json in for name in sharing { json.element(name) } } }
        }
    }
}
