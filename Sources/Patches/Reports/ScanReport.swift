import Foundation

/// What a scanner or an SBOM says of one image, folder or file system.
public struct ScanReport: Sendable {
    public enum Format: String, Sendable { case trivy, grype, cyclonedx, spdx }

    public enum Severity: String, Sendable, CaseIterable, Comparable {
        case unknown, negligible, low, medium, high, critical

        public static func < (left: Severity, right: Severity) -> Bool { left.place < right.place }

        private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        /// Scanners write them in any case, and some have names of their own.
        init(report text: String?) {
            switch text?.lowercased() {
            case "none", "info": self = .negligible
            case "moderate": self = .medium
            case let name: self = name.flatMap(Severity.init(rawValue:)) ?? .unknown
            }
        }
    }

    public struct Package: Sendable, Hashable {
        public let name: String
        public let version: String
        /// nil when the report has none that can be read.
        public let url: PackageURL?
        /// Of distributions: the source package that it was built from.
        public var source: String?
    }

    public struct Finding: Sendable, Hashable {
        /// A CVE number, unless the flaw has none.
        public let id: String
        /// Its other names.
        public let aliases: [String]
        public let severity: Severity
        public let package: Package

        /// A CVE number goes ahead of other names, such as those of GitHub's advisories.
        init(names: [String], severity: Severity, package: Package) {
            var seen: Set<String> = []
            let names = names.map { $0.uppercased().hasPrefix("CVE-") ? $0.uppercased() : $0 }.filter { seen.insert($0).inserted }
            let id = names.first { $0.hasPrefix("CVE-") } ?? names.first ?? ""
            self.id = id
            aliases = names.filter { $0 != id }
            self.severity = severity
            self.package = package
        }
    }

    /// What was scanned, as the report calls it.
    public struct Subject: Sendable {
        /// An image's reference, or a path; nil when the report has none.
        public let name: String?
        /// `sha256:` and 64 hexadecimal digits, of manifests and configurations.
        public let digests: [String]

        init(name: String?, digests: [String]) {
            self.name = name
            var seen: Set<String> = []
            self.digests = digests.compactMap(ImageReference.digest).filter { seen.insert($0).inserted }
        }
    }

    public let file: String
    public let format: Format
    public let subject: Subject
    /// Each once.
    public let packages: [Package]
    public let findings: [Finding]
    /// What could not be used, for people.
    public let warnings: [String]
}

/// References to images: `registry/repository:tag@digest`.
public enum ImageReference {
    /// The digest in `sha256:…` or `repository@sha256:…`, in lower case.
    public static func digest(_ text: String) -> String? {
        guard let start = text.range(of: "sha256:", options: .backwards)?.lowerBound else { return nil }
        guard start == text.startIndex || text[text.index(before: start)] == "@" else { return nil }
        let digest = text[start...].lowercased()
        let digits = digest.utf8.dropFirst("sha256:".utf8.count)
        guard digits.count == 64, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return digest
    }

    /// The reference as engines write it out: `nginx` is `docker.io/library/nginx:latest`. Digests are left out.
    public static func normalised(_ text: String) -> String {
        var name = text.firstIndex(of: "@").map { String(text[..<$0]) } ?? text
        let lastSlash = name.lastIndex(of: "/") ?? name.startIndex
        if !name[lastSlash...].contains(":") { name += ":latest" }
        let first = name.firstIndex(of: "/").map { name[..<$0] }
        guard let first, first.contains(".") || first.contains(":") || first == "localhost" else {
            return first == nil ? "docker.io/library/\(name)" : "docker.io/\(name)"
        }
        if first == "index.docker.io" { name = "docker.io" + name.dropFirst(first.count) }
        let path = name.dropFirst("docker.io/".count)
        return name.hasPrefix("docker.io/") && !path.contains("/") ? "docker.io/library/\(path)" : name
    }

    /// The image as a package: `pkg:docker/library-less name@tag`; nil without a tag.
    static func package(_ text: String) -> ScanReport.Package? {
        let name = text.firstIndex(of: "@").map { text[..<$0] } ?? text[...]
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return nil }
        let reference = normalised(String(name))
        var path = reference.split(separator: "/").dropFirst().map(String.init)
        guard let last = path.popLast(), let mark = last.lastIndex(of: ":") else { return nil }
        if path == ["library"] { path = [] }
        let (image, tag) = (String(last[..<mark]), String(last[last.index(after: mark)...]))
        let url = PackageURL(type: "docker", namespace: path.joined(separator: "/"), name: image, version: tag)
        return ScanReport.Package(name: image, version: tag, url: url)
    }
}
