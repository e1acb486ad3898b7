import Foundation

/// What containerd leaves on disk for each task: the OCI bundle's `config.json` and `init.pid`.
struct TaskDescription: Decodable {
    struct Linux: Decodable {
        struct Namespace: Decodable { var type: String? }
        var namespaces: [Namespace]?
    }

    var annotations: [String: String]?
    var linux: Linux?

    /// Bytes of a `config.json`.
    static let maximumBytes = 4 << 20
}

extension Container {
    /// - Parameter namespace: containerd's, such as `k8s.io` or `moby`.
    /// - Parameter sandboxes: pods by the id of their sandbox, for runtimes that do not repeat the pod in each container.
    init(id: String, namespace: String, processID: Int32?, _ description: TaskDescription, sandboxes: [String: Container] = [:]) {
        let notes = description.annotations ?? [:]
        func note(_ key: String) -> String? { notes[key].map(Self.clean).flatMap { $0.isEmpty ? nil : $0 } }
        let kind = note("io.kubernetes.cri.container-type")
        let name = note("io.kubernetes.cri.container-name") ?? note("nerdctl/name")
        let image = note("io.kubernetes.cri.image-name") ?? ""
        self.init(
            id: id, name: name ?? (id.count > 12 && Self.isHexadecimal(id) ? String(id.prefix(12)) : id),
            runtime: kind == nil ? .containerd : .kubernetes, image: ImageName.full(image))
        digest = ImageName.digest(image)
        self.processID = processID
        hasHostNetwork = !(description.linux?.namespaces ?? []).contains { $0.type == "network" }
        pod = note("io.kubernetes.cri.sandbox-name")
        self.namespace = note("io.kubernetes.cri.sandbox-namespace")
        isSandbox = kind == "sandbox"
        if isSandbox, name == nil, let pod { self.name = pod }
        if kind != nil, pod == nil, let sandbox = note("io.kubernetes.cri.sandbox-id").flatMap({ sandboxes[$0] }) {
            pod = sandbox.pod
            self.namespace = sandbox.namespace
        }
    }

    private static func isHexadecimal(_ text: String) -> Bool { text.allSatisfy(\.isHexDigit) }
}
