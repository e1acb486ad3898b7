/// Patches by the flaws that they cover and the packages that they are for.
struct PatchIndex {
    /// Why a patch is for an image.
    struct Match: Hashable {
        let patch: Int
        let reason: PatchReason
    }

    let patches: [PatchPackage]
    private var byFlaw: [String: [Int]] = [:]
    private var byPackage: [Key: [(patch: Int, affected: PatchPackage.Affected)]] = [:]

    /// Without the namespace, which is compared apart.
    private struct Key: Hashable {
        let type: String
        let name: String
    }

    init(_ patches: [PatchPackage]) {
        self.patches = patches
        for (index, patch) in patches.enumerated() {
            for flaw in Set(patch.cves) { byFlaw[flaw, default: []].append(index) }
            for affected in patch.affects {
                byPackage[Key(type: affected.purl.type, name: affected.purl.name), default: []].append((index, affected))
            }
        }
    }

    func patches(for finding: ScanReport.Finding) -> [Int] {
        var result: [Int] = []
        for name in [finding.id] + finding.aliases {
            for patch in byFlaw[name] ?? [] where !result.contains(patch) { result.append(patch) }
        }
        return result
    }

    /// Patches that name the package with a range that its version is in.
    /// - Parameter unsure: gets what can't be compared.
    func matches(_ package: ScanReport.Package, unsure: inout [String]) -> [Match] {
        guard let url = package.url else { return [] }
        var result: [Match] = []
        for name in Set([url.name, package.source ?? url.name]) {
            for (patch, affected) in byPackage[Key(type: url.type, name: name)] ?? [] where Self.fits(url, affected.purl) {
                switch affected.versions.contains(package.version) {
                case true?:
                    let reason = PatchReason(
                        cve: nil, package: package.name, version: package.version, affected: "\(affected.purl) \(affected.versions)")
                    result.append(Match(patch: patch, reason: reason))
                case nil where !package.version.isEmpty:
                    unsure.append(
                        "\(package.name) '\(package.version)' can't be compared with \(affected.versions) (\(patches[patch].id))")
                default: continue
                }
            }
        }
        return result
    }

    /// Type and name are the same already. No registry gives out generic names: one without a namespace fits any. What
    /// the patch asks for in qualifiers must be there.
    private static func fits(_ installed: PackageURL, _ affected: PackageURL) -> Bool {
        let hasPlace = installed.namespace == affected.namespace || (installed.type == "generic" && installed.namespace.isEmpty)
        return hasPlace && affected.qualifiers.allSatisfy { installed.qualifiers[$0.key] == $0.value }
    }
}

/// Why a patch is recommended: a flaw that a report names, or a package with an affected version.
public struct PatchReason: Hashable, Sendable, Encodable {
    public let cve: String?
    public let package: String
    public let version: String
    /// Package URL and range of the patch; nil where the report's word is what counts.
    public let affected: String?

    public var text: String {
        let installed = version.isEmpty ? package : "\(package) \(version)"
        if let cve { return "\(cve) in \(installed)" }
        return "\(installed) is in \(affected ?? "")"
    }
}
