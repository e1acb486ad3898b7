/// SPDX JSON, 2.2 and 2.3.
enum SPDXReport {
    private static let versions = ["SPDX-2.2", "SPDX-2.3"]

    static func read(_ root: ReportNode) throws(ReportError) -> ScanReport {
        let version = try root.required("spdxVersion")
        guard versions.contains(try version.string()) else {
            throw version.error("\(try version.string()) is not known; expected \(versions.joined(separator: " or "))")
        }
        let described = try self.described(root)
        var contents = ReportContents()
        var subject: ScanReport.Subject?
        for node in try root.elements("packages") {
            let url = try self.url(node)
            let package = contents.package(
                name: try node.required("name").string(), version: try node.string("versionInfo"), url: url)
            let purpose = try node.string("primaryPackagePurpose")
            let isImage = purpose == "CONTAINER" || package.url?.type == "oci"
            let identifier = try node.required("SPDXID").string()
            if subject == nil, isImage || described.contains(identifier) {
                subject = try self.subject(node, package, isImage: isImage)
            }
            if package.url != nil { contents.add(package) }
        }
        let name = try root.string("name")
        return contents.report(root, .spdx, subject ?? ScanReport.Subject(name: name, digests: []))
    }

    /// Identifiers of what the document is about.
    private static func described(_ root: ReportNode) throws(ReportError) -> Set<String> {
        var result = Set(try root.strings("documentDescribes"))
        for relationship in try root.elements("relationships") where try relationship.string("relationshipType") == "DESCRIBES" {
            result.insert(try relationship.required("relatedSpdxElement").string())
        }
        return result
    }

    private static func url(_ node: ReportNode) throws(ReportError) -> String? {
        for reference in try node.elements("externalRefs") where try reference.string("referenceType") == "purl" {
            return try reference.required("referenceLocator").string()
        }
        return nil
    }

    private static func subject(
        _ node: ReportNode, _ package: ScanReport.Package, isImage: Bool
    ) throws(ReportError) -> ScanReport.Subject {
        var digests: [String] = []
        if let version = package.url?.version { digests.append(version) }
        digests.append(package.version)
        if isImage {
            for checksum in try node.elements("checksums") where try checksum.string("algorithm") == "SHA256" {
                digests.append("sha256:\(try checksum.required("checksumValue").string())")
            }
        }
        // Trivy: "ImageID: sha256:…", "RepoDigest: …@sha256:…", with the layers beside them.
        for annotation in try node.elements("annotations") {
            let comment = try annotation.string("comment") ?? ""
            if comment.hasPrefix("ImageID:") || comment.hasPrefix("RepoDigest:") { digests.append(Self.value(comment)) }
        }
        for text in try node.strings("attributionTexts") where text.hasPrefix("ImageID:") || text.hasPrefix("RepoDigest:") {
            digests.append(Self.value(text))
        }
        let isTag = !package.version.isEmpty && !package.version.hasPrefix("sha256:")
        let last = package.name.split(separator: "/").last ?? ""
        let name = isTag && !last.contains(":") ? "\(package.name):\(package.version)" : package.name
        return ScanReport.Subject(name: name, digests: digests)
    }

    private static func value(_ text: String) -> String {
        String(text.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
    }
}
