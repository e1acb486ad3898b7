/// Names of images as all runtimes and registries understand them.
enum ImageName {
    /// The full form of what Docker shortens: `nginx` is `docker.io/library/nginx:latest`, `shop/web:1`
    /// `docker.io/shop/web:1`. What is no name, such as an image's id, stays as it is
    /// (https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed).
    static func full(_ name: String) -> String {
        guard !name.isEmpty, !name.hasPrefix("sha256:"), !isID(name) else { return name }
        var result = name
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let first = parts[0]
        if parts.count == 1 {
            result = "docker.io/library/\(name)"
        } else if !first.contains("."), !first.contains(":"), first != "localhost" {
            result = "docker.io/\(name)"
        } else if first == "index.docker.io" {
            result = "docker.io/\(parts[1])"
        }
        let last = result.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@") ? result : result + ":latest"
    }

    /// Without tag and digest.
    static func repository(_ name: String) -> String {
        let plain = full(name)
        let base = plain.split(separator: "@", maxSplits: 1).first.map(String.init) ?? plain
        guard let colon = base.lastIndex(of: ":"), !base[colon...].contains("/") else { return base }
        return String(base[..<colon])
    }

    /// `sha256:…` at the end of a name.
    static func digest(_ name: String) -> String? {
        guard let at = name.firstIndex(of: "@") else { return nil }
        let digest = String(name[name.index(after: at)...])
        return digest.hasPrefix("sha256:") ? digest : nil
    }

    private static func isID(_ name: String) -> Bool {
        (name.count == 64 || name.count == 12) && name.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }
}
