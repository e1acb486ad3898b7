/// How the versions of an ecosystem are compared.
public enum VersionOrder: Sendable, CaseIterable {
    case semantic, go, python, maven, debian, rpm, alpine, gem, composer, nuget, imageTag, generic

    /// The order for packages of a type (as in package URLs).
    public init(packageType: String) {
        switch packageType {
        case "npm", "cargo", "hex", "pub", "swift": self = .semantic
        case "golang": self = .go
        case "pypi": self = .python
        case "maven", "gradle": self = .maven
        case "deb": self = .debian
        case "rpm": self = .rpm
        case "apk", "alpine": self = .alpine
        case "gem": self = .gem
        case "composer": self = .composer
        case "nuget": self = .nuget
        case "docker", "oci": self = .imageTag
        default: self = .generic
        }
    }

    /// What its versions are called in errors.
    public var summary: String {
        switch self {
        case .semantic: "a semantic version"
        case .go: "a version of a Go module"
        case .python: "a PEP 440 version"
        case .maven: "a Maven version"
        case .debian: "a Debian version, [epoch:]upstream[-revision]"
        case .rpm: "an RPM version, [epoch:]version[-release]"
        case .alpine: "an Alpine version"
        case .gem: "a version of a gem"
        case .composer: "a Composer version"
        case .nuget: "a NuGet version"
        case .imageTag: "an image tag that is a version"
        case .generic: "a version"
        }
    }

    public func isVersion(_ text: String) -> Bool { compare(text, text) != nil }

    /// - Returns: nil when one of them is not a version in this ecosystem.
    public func compare(_ left: String, _ right: String) -> VersionComparison? {
        switch self {
        case .semantic: Self.compare(SemanticVersion(left), SemanticVersion(right))
        case .go: Self.compare(GoVersion(left), GoVersion(right))
        case .python: Self.compare(PythonVersion(left), PythonVersion(right))
        case .maven: Self.compare(MavenVersion(left), MavenVersion(right))
        case .debian: Self.compare(DebianVersion(left), DebianVersion(right))
        case .rpm: Self.compare(RPMVersion(left), RPMVersion(right))
        case .alpine: Self.compare(AlpineVersion(left), AlpineVersion(right))
        case .gem: Self.compare(GemVersion(left), GemVersion(right))
        case .composer: Self.compare(ComposerVersion(left), ComposerVersion(right))
        case .nuget: Self.compare(NuGetVersion(left), NuGetVersion(right))
        case .imageTag: Self.compare(ImageTag(left), ImageTag(right))
        case .generic: Self.compare(GenericVersion(left), GenericVersion(right))
        }
    }

    private static func compare<Version: VersionText>(_ left: Version?, _ right: Version?) -> VersionComparison? {
        guard let left, let right else { return nil }
        return left < right ? .earlier : right < left ? .later : .same
    }

    /// The part of an installed version that a bound speaks of: local versions (PEP 440) and releases of RPM packages
    /// count only when the bound has one.
    func part(of version: String, for bound: String) -> String {
        switch self {
        case .python where !bound.contains("+"): String(version.prefix { $0 != "+" })
        case .rpm where !bound.contains("-"): version.lastIndex(of: "-").map { String(version[..<$0]) } ?? version
        default: version
        }
    }
}

public enum VersionComparison: Sendable {
    case earlier, same, later
}
