/// Gathers what a report says: packages once, and what could not be read.
struct ReportContents {
    private(set) var packages: [ScanReport.Package] = []
    private(set) var findings: [ScanReport.Finding] = []
    private(set) var warnings: [String] = []
    private var seenPackages: Set<ScanReport.Package> = []
    private var seenFindings: Set<ScanReport.Finding> = []
    private var unreadable = (count: 0, first: "")

    /// - Parameter url: of the package; one that can't be read is noted, and the package has none then.
    mutating func package(name: String, version: String?, url text: String?) -> ScanReport.Package {
        var url: PackageURL?
        if let text {
            do throws(PackageURL.Failure) {
                url = try PackageURL(text)
            } catch {
                if unreadable.count == 0 { unreadable.first = error.description }
                unreadable.count += 1
            }
        }
        // Of RPM and Debian packages the epoch may stand in a qualifier alone.
        var version = version ?? url?.version ?? ""
        if let epoch = url?.qualifiers["epoch"], epoch != "0", !version.contains(":") { version = "\(epoch):\(version)" }
        var package = ScanReport.Package(name: name, version: version, url: url)
        package.source = url?.qualifiers["upstream"].map { String($0.prefix { $0 != "@" }) }
        return package
    }

    mutating func add(_ package: ScanReport.Package) {
        if seenPackages.insert(package).inserted { packages.append(package) }
    }

    mutating func add(_ finding: ScanReport.Finding) {
        guard !finding.id.isEmpty else { return }
        add(finding.package)
        if seenFindings.insert(finding).inserted { findings.append(finding) }
    }

    mutating func warn(_ text: String) { warnings.append(text) }

    consuming func report(_ root: ReportNode, _ format: ScanReport.Format, _ subject: ScanReport.Subject) -> ScanReport {
        if unreadable.count > 0 {
            warnings.append("\(root.file): \(unreadable.count) packages are known by name alone: \(unreadable.first)")
        }
        if let image = subject.name.flatMap(ImageReference.package), !subject.digests.isEmpty { add(image) }
        return ScanReport(
            file: root.file, format: format, subject: subject, packages: packages, findings: findings, warnings: warnings)
    }
}
