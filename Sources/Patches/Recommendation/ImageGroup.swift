import Containers

/// An image, what all reports say of it, and the containers that run it.
struct ImageGroup {
    var names: [String] = []
    var digests: [String] = []
    var reports: [ScanReport] = []
    var containers: [Container] = []
    /// Containers were found by the image's name, as one side knows no digest.
    var isByName = false

    var name: String? { names.first }

    private init(_ report: ScanReport) { add(report) }

    private mutating func add(_ report: ScanReport) {
        reports.append(report)
        if let name = report.subject.name, !names.contains(name) { names.append(name) }
        for digest in report.subject.digests where !digests.contains(digest) { digests.append(digest) }
    }

    private var references: Set<String> { Set(names.map(ImageReference.normalised)) }

    private func isOf(_ report: ScanReport) -> Bool {
        if !digests.isEmpty, !report.subject.digests.isEmpty { return report.subject.digests.contains(where: digests.contains) }
        return report.subject.name.map { references.contains(ImageReference.normalised($0)) } ?? false
    }

    /// Reports of one image come together.
    static func groups(_ reports: [ScanReport]) -> [ImageGroup] {
        var groups: [ImageGroup] = []
        for report in reports {
            if let index = groups.firstIndex(where: { $0.isOf(report) }) {
                groups[index].add(report)
            } else {
                groups.append(ImageGroup(report))
            }
        }
        return groups
    }

    /// By digest; by name only where the report or the container has no digest.
    mutating func find(in running: [Container]) {
        let byDigest = running.filter { container in digests.contains(where: container.runs(digest:)) }
        guard byDigest.isEmpty else {
            containers = byDigest
            return
        }
        let references = references
        containers = running.filter { container in
            let isUnknown = digests.isEmpty || (container.digest == nil && container.imageID == nil)
            return isUnknown && references.contains(ImageReference.normalised(container.image))
        }
        isByName = !containers.isEmpty
    }
}
