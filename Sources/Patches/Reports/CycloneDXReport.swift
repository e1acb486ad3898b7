import Foundation

/// CycloneDX JSON, 1.2 to 1.6.
enum CycloneDXReport {
    private static let versions = ["1.2", "1.3", "1.4", "1.5", "1.6"]

    static func read(_ root: ReportNode) throws(ReportError) -> ScanReport {
        let format = try root.required("bomFormat")
        guard try format.string() == "CycloneDX" else { throw format.error("expected CycloneDX") }
        let version = try root.required("specVersion")
        guard versions.contains(try version.string()) else {
            throw version.error("CycloneDX \(try version.string()) is not known; expected \(versions.joined(separator: ", "))")
        }
        var contents = ReportContents()
        var components: [String: ScanReport.Package] = [:]
        for component in try root.elements("components") { try add(component, to: &components, &contents) }
        let subject = try root.member("metadata")?.member("component")
        if let subject, let reference = try subject.string("bom-ref") {
            components[reference] = try package(subject, &contents)
        }
        for flaw in try root.elements("vulnerabilities") { try add(flaw, components, &contents) }
        let scanned = try subject.map { node throws(ReportError) in try self.subject(node) }
        return contents.report(root, .cyclonedx, scanned ?? ScanReport.Subject(name: nil, digests: []))
    }

    /// Components hold others; the parser bounds the depth.
    private static func add(
        _ node: ReportNode, to components: inout [String: ScanReport.Package], _ contents: inout ReportContents
    ) throws(ReportError) {
        let package = try package(node, &contents)
        if package.url != nil { contents.add(package) }
        if let reference = try node.string("bom-ref") { components[reference] = package }
        for inner in try node.elements("components") { try add(inner, to: &components, &contents) }
    }

    private static func package(_ node: ReportNode, _ contents: inout ReportContents) throws(ReportError) -> ScanReport.Package {
        var name = try node.required("name").string()
        if let group = try node.string("group") { name = "\(group)/\(name)" }
        return contents.package(name: name, version: try node.string("version"), url: try node.string("purl"))
    }

    private static func add(
        _ node: ReportNode, _ components: [String: ScanReport.Package], _ contents: inout ReportContents
    ) throws(ReportError) {
        let state = try node.member("analysis")?.string("state")
        guard state == nil || !["not_affected", "false_positive", "resolved", "resolved_with_pedigree"].contains(state) else { return }
        var names = [try node.required("id").string()]
        for reference in try node.elements("references") {
            if let name = try reference.string("id") { names.append(name) }
        }
        var severity = ScanReport.Severity.unknown
        for rating in try node.elements("ratings") {
            severity = max(severity, .init(report: try rating.string("severity")))
        }
        for affected in try node.elements("affects") {
            let reference = try affected.required("ref").string()
            // A BOM-Link ends in the component's reference: urn:cdx:SERIAL/VERSION#REF.
            let local = reference.hasPrefix("urn:cdx:") ? String(reference.split(separator: "#").last ?? "") : reference
            guard let package = components[local] ?? components[local.removingPercentEncoding ?? local] else {
                contents.warn("\(node.file): \(affected.path).ref: no component '\(reference)'; taken as \(names[0]) of an unknown package")
                let unknown = ScanReport.Package(name: reference, version: "", url: nil)
                contents.add(ScanReport.Finding(names: names, severity: severity, package: unknown))
                continue
            }
            contents.add(ScanReport.Finding(names: names, severity: severity, package: package))
        }
    }

    /// Scanners note an image's digests in its version, its package URL, its hashes or in properties of their own.
    private static func subject(_ node: ReportNode) throws(ReportError) -> ScanReport.Subject {
        var digests: [String] = []
        var name = try node.string("name")
        if let version = try node.string("version") {
            if version.hasPrefix("sha256:") { digests.append(version) } else if let bare = name { name = withTag(bare, version) }
        }
        if let url = try node.string("purl").flatMap({ try? PackageURL($0) }), let version = url.version { digests.append(version) }
        if try node.string("type") == "container" {
            for hash in try node.elements("hashes") where try hash.string("alg") == "SHA-256" {
                digests.append("sha256:\(try hash.required("content").string())")
            }
        }
        for property in try node.elements("properties") {
            let key = (try property.string("name") ?? "").lowercased()
            guard key.hasSuffix("imageid") || key.contains("digest"), let value = try property.string("value") else { continue }
            digests.append(value)
        }
        return ScanReport.Subject(name: name, digests: digests)
    }

    private static func withTag(_ name: String, _ version: String) -> String {
        let last = name.split(separator: "/").last ?? ""
        return last.contains(":") ? name : "\(name):\(version)"
    }
}
