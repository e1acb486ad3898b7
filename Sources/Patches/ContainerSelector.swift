public import Containers
public import RuleLanguage

/// `where:` of a policy: which containers are meant. All that is given must fit; nothing given fits everything,
/// traffic without a container included.
public struct ContainerSelector: Hashable, Sendable {
    /// Each fits when one of its patterns does; empty fits everything.
    public var container: [Glob] = []
    public var image: [Glob] = []
    public var digest: [Glob] = []
    public var labels: [Label] = []
    public var pod: [Glob] = []
    public var namespace: [Glob] = []
    public var project: [Glob] = []

    public struct Label: Hashable, Sendable {
        public var key: String
        public var values: [Glob]

        public init(key: String, values: [Glob]) {
            self.key = key
            self.values = values
        }
    }

    static let keys = ["container", "image", "digest", "label", "pod", "namespace", "project"]

    public init() {}

    /// `container=shop-*`, `label=app=shop`: as commands take it, a key each time.
    public init(words: [String]) throws(PatchError) {
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let isLabel = parts[0] == "label"
            let label = isLabel && parts.count == 2 ? parts[1].split(separator: "=", maxSplits: 1).map(String.init) : []
            guard parts.count == 2, let glob = Glob(isLabel ? label.last ?? "" : parts[1]), !isLabel || label.count == 2 else {
                throw Self.error("expected KEY=VALUE, or label=KEY=VALUE, found '\(word)'")
            }
            switch parts[0] {
            case "container": container.append(glob)
            case "image": image.append(glob)
            case "digest": digest.append(glob)
            case "pod": pod.append(glob)
            case "namespace": namespace.append(glob)
            case "project": project.append(glob)
            case "label": labels.append(Label(key: label[0], values: [glob]))
            default:
                let guess = Spelling.nearest(to: parts[0], among: Self.keys).map { "; did you mean \($0)?" } ?? ""
                throw Self.error("unknown key \(parts[0])\(guess) (known: \(Self.keys.joined(separator: ", ")))")
            }
        }
    }

    private static func error(_ message: String) -> PatchError {
        PatchError(file: "where", line: nil, column: nil, message: message)
    }

    public var isEverywhere: Bool { self == ContainerSelector() }

    /// As it stands in a policy: `{image: "docker.io/shop/*", label: {app: "shop"}}`.
    public var text: String {
        var parts: [String] = []
        for (key, globs) in [
            ("container", container), ("image", image), ("digest", digest), ("pod", pod), ("namespace", namespace),
            ("project", project),
        ] where !globs.isEmpty { parts.append("\(key): \(Self.text(globs))") }
        if !labels.isEmpty {
            let inner = labels.map { "\(PolicyText.quoted($0.key)): \(Self.text($0.values))" }
            parts.append("label: {\(inner.joined(separator: ", "))}")
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    private static func text(_ globs: [Glob]) -> String {
        let texts = globs.map { PolicyText.quoted($0.text) }
        return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }
}

extension ContainerSelector {
    /// What a container does not have fits no pattern.
    public func fits(_ container: ContainerFacts) -> Bool {
        Self.fits(self.container, container.names) && Self.fits(image, container.images)
            && Self.fits(digest, container.digests) && Self.fits(pod, container.pods)
            && Self.fits(namespace, container.namespaces) && Self.fits(project, container.projects)
            && labels.allSatisfy { label in
                container.labels[label.key].map { value in label.values.contains { $0.matches(value) } } ?? false
            }
    }

    public func fits(_ container: Container) -> Bool { fits(ContainerFacts(container)) }

    private static func fits(_ patterns: [Glob], _ values: [[UInt8]]) -> Bool {
        patterns.isEmpty || patterns.contains { pattern in values.contains { pattern.matches($0) } }
    }
}

/// A container as selectors compare it, made once for all of them.
public struct ContainerFacts: Sendable {
    let names, images, digests, pods, namespaces, projects: [[UInt8]]
    let labels: [String: [UInt8]]

    public init(_ container: Container) {
        func bytes(_ texts: String?...) -> [[UInt8]] { texts.compactMap { $0.map { Array($0.utf8) } } }
        names = bytes(container.name, container.id)
        images = ImageNames.all(of: container.image).map { Array($0.utf8) }
        digests = bytes(container.digest, container.imageID)
        pods = bytes(container.pod)
        namespaces = bytes(container.namespace)
        projects = bytes(container.composeProject)
        labels = container.labels.mapValues { Array($0.utf8) }
    }
}

/// The names under which an image may be meant.
enum ImageNames {
    /// As the runtime says it and in full, each with and without tag and digest: `nginx:1.27` is also `nginx`,
    /// `docker.io/library/nginx:1.27` and `docker.io/library/nginx`.
    static func all(of image: String) -> [String] {
        let bare = String(image.prefix { $0 != "@" })
        var names = [image]
        for name in [bare, full(bare)] {
            for form in [name, withoutTag(name)] where !names.contains(form) { names.append(form) }
        }
        return names
    }

    /// With the registry and folder that Docker takes for granted.
    private static func full(_ name: String) -> String {
        let first = name.prefix { $0 != "/" }
        guard first.count < name.count else { return "docker.io/library/\(name)" }
        let isHost = first.contains(".") || first.contains(":") || first == "localhost"
        return isHost ? name : "docker.io/\(name)"
    }

    /// A colon before the last slash is a port's.
    private static func withoutTag(_ name: String) -> String {
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return name }
        return String(name[..<colon])
    }
}
