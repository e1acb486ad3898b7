/// `trivy image --format json`, SchemaVersion 2.
enum TrivyReport {
    static func read(_ root: ReportNode) throws(ReportError) -> ScanReport {
        let version = try root.integer("SchemaVersion") ?? 0
        guard version == 2 else {
            throw try root.required("SchemaVersion").error("Trivy's schema \(version) is not known; expected 2")
        }
        var contents = ReportContents()
        for result in try root.elements("Results") {
            let type = try result.string("Type") ?? ""
            for package in try result.elements("Packages") { contents.add(try self.package(package, type, &contents)) }
            for flaw in try result.elements("Vulnerabilities") { contents.add(try finding(flaw, type, &contents)) }
        }
        return contents.report(root, .trivy, try subject(root))
    }

    private static func subject(_ root: ReportNode) throws(ReportError) -> ScanReport.Subject {
        let metadata = try root.member("Metadata")
        var digests = try metadata?.strings("RepoDigests") ?? []
        if let id = try metadata?.string("ImageID") { digests.append(id) }
        let tag = try metadata?.strings("RepoTags").first
        return ScanReport.Subject(name: try root.string("ArtifactName") ?? tag, digests: digests)
    }

    private static func package(
        _ node: ReportNode, _ type: String, _ contents: inout ReportContents
    ) throws(ReportError) -> ScanReport.Package {
        let name = try node.required("Name").string()
        var version = try node.string("Version")
        // Of RPM and Debian packages the release stands apart.
        if let release = try node.string("Release"), let upstream = version { version = "\(upstream)-\(release)" }
        if let epoch = try node.integer("Epoch"), epoch > 0, let bare = version { version = "\(epoch):\(bare)" }
        let url = try node.member("Identifier")?.string("PURL")
        var package = contents.package(name: name, version: version, url: url ?? derived(type, name, version))
        package.source = try node.string("SrcName") ?? package.source
        return package
    }

    private static func finding(
        _ node: ReportNode, _ type: String, _ contents: inout ReportContents
    ) throws(ReportError) -> ScanReport.Finding {
        let name = try node.required("PkgName").string()
        let version = try node.string("InstalledVersion")
        let url = try node.member("PkgIdentifier")?.string("PURL")
        let package = contents.package(name: name, version: version, url: url ?? derived(type, name, version))
        let names = [try node.required("VulnerabilityID").string()] + (try node.strings("VendorIDs"))
        return ScanReport.Finding(names: names, severity: .init(report: try node.string("Severity")), package: package)
    }

    /// Reports of before Trivy 0.49 have no package URLs; the result's type says which they would be.
    private static func derived(_ type: String, _ name: String, _ version: String?) -> String? {
        let types: [String: String] = [
            "jar": "maven", "pom": "maven", "gradle": "maven", "npm": "npm", "yarn": "npm", "pnpm": "npm", "node-pkg": "npm",
            "pip": "pypi", "pipenv": "pypi", "poetry": "pypi", "python-pkg": "pypi", "gomod": "golang", "gobinary": "golang",
            "composer": "composer", "composer-vendor": "composer", "bundler": "gem", "gemspec": "gem", "cargo": "cargo",
            "rustbinary": "cargo", "nuget": "nuget", "dotnet-core": "nuget", "debian": "deb/debian", "ubuntu": "deb/ubuntu",
            "alpine": "apk/alpine", "redhat": "rpm/redhat", "centos": "rpm/centos", "rocky": "rpm/rocky", "alma": "rpm/alma",
            "amazon": "rpm/amazon", "oracle": "rpm/oracle", "fedora": "rpm/fedora",
        ]
        guard let prefix = types[type] else { return nil }
        let path = prefix == "maven" ? name.replacing(":", with: "/") : name
        let escaped = version?.replacing("%", with: "%25").replacing("/", with: "%2F").replacing("?", with: "%3F").replacing("#", with: "%23")
        return "pkg:\(prefix)/\(path)" + (escaped.map { "@\($0)" } ?? "")
    }
}
