import Wire

extension Container {
    /// Labels of one container that are kept, each with at most `textLimit` bytes.
    static let labelLimit = 256
    static let textLimit = 4096

    /// - Returns: nil for an answer without a usable id.
    init?(_ inspected: DockerAPI.Inspected, runtime: Runtime) {
        guard Self.isID(inspected.Id) else { return nil }
        var name = Self.clean(inspected.Name ?? "")
        if name.hasPrefix("/") { name.removeFirst() }
        let image = ImageName.full(Self.clean(inspected.Config?.Image ?? ""))
        self.init(id: inspected.Id, name: name.isEmpty ? String(inspected.Id.prefix(12)) : name, runtime: runtime, image: image)
        imageID = inspected.Image.map(Self.clean)
        digest = ImageName.digest(image)
        take(labels: inspected.Config?.Labels ?? [:])
        // Podman tells it when the network is there and the process waits for its start.
        if let process = inspected.State?.Pid, process > 0 { processID = process }
        hasHostNetwork = inspected.HostConfig?.NetworkMode == "host"
        for (_, network) in (inspected.NetworkSettings?.Networks ?? [:]).sorted(by: { $0.key < $1.key }).prefix(64) {
            for text in [network.IPAddress, network.GlobalIPv6Address] {
                if let address = text.flatMap({ IPAddress($0) }), !addresses.contains(address) { addresses.append(address) }
            }
        }
    }

    mutating func take(labels all: [String: String]) {
        for (key, value) in all.sorted(by: { $0.key < $1.key }).prefix(Self.labelLimit) {
            labels[Self.clean(key)] = Self.clean(value)
        }
        composeProject = labels["com.docker.compose.project"] ?? labels["io.podman.compose.project"]
        composeService = labels["com.docker.compose.service"]
    }

    /// Ids go into paths of requests and of files.
    static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "."): text.utf8.first != byte
                default: false
                }
            }
    }

    /// Without control characters, which terminals obey, and of bounded length.
    static func clean(_ text: String) -> String {
        let isPlain = text.utf8.count <= textLimit && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        if isPlain { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.lazy.filter { $0.value >= 0x20 && $0.value != 0x7f && !(0x80..<0xa0).contains($0.value) }.prefix(textLimit / 4)))
    }
}
