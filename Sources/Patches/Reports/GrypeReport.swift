/// `grype IMAGE -o json`.
enum GrypeReport {
    static func read(_ root: ReportNode) throws(ReportError) -> ScanReport {
        if let descriptor = try root.member("descriptor"), let name = try descriptor.string("name"), name != "grype" {
            throw descriptor.error("made by \(name); expected \(ReportReader.expectation)")
        }
        var contents = ReportContents()
        for match in try root.elements("matches") {
            let artifact = try match.required("artifact")
            var package = contents.package(
                name: try artifact.required("name").string(), version: try artifact.string("version"), url: try artifact.string("purl"))
            package.source = try artifact.elements("upstreams").first?.string("name") ?? package.source
            let flaw = try match.required("vulnerability")
            var names = [try flaw.required("id").string()]
            for related in try match.elements("relatedVulnerabilities") { names.append(try related.required("id").string()) }
            contents.add(
                ScanReport.Finding(names: names, severity: .init(report: try flaw.string("severity")), package: package))
        }
        return contents.report(root, .grype, try subject(root))
    }

    /// The target is a path for folders and files, an object for images.
    private static func subject(_ root: ReportNode) throws(ReportError) -> ScanReport.Subject {
        guard let target = try root.member("source")?.member("target") else {
            return ScanReport.Subject(name: nil, digests: [])
        }
        guard target.isObject else { return ScanReport.Subject(name: try target.string(), digests: []) }
        var digests = try target.strings("repoDigests")
        for name in ["manifestDigest", "imageID"] { if let digest = try target.string(name) { digests.append(digest) } }
        let tag = try target.strings("tags").first
        return ScanReport.Subject(name: try target.string("userInput") ?? tag, digests: digests)
    }
}
