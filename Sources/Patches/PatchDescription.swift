import Foundation
import Yams

/// The `patch.yaml` of a package, with an error for each key that is missing, unknown or of the wrong kind.
struct PatchDescription {
    private static let keys = [
        "id", "title", "cves", "products", "affects", "references", "severity", "stage", "port", "end",
    ]

    private let file: String
    private let mapping: Node.Mapping

    init(file: String) throws(PatchError) {
        self.file = file
        guard let data = FileManager.default.contents(atPath: file) else {
            throw PatchError(file: file, line: nil, column: nil, message: "can't be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw PatchError(file: file, line: nil, column: nil, message: "not UTF-8 text")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw PatchError(file: file, line: nil, column: nil, message: "not YAML: \(error)")
        }
        guard let mapping = node?.mapping else {
            throw PatchError(file: file, line: 1, column: 1, message: "expected a mapping")
        }
        self.mapping = mapping
        for (key, _) in mapping where !Self.keys.contains(key.string ?? "") {
            throw PatchError(
                file: file, line: key.mark?.line, column: key.mark?.column,
                message: "unknown key \(key.string ?? "?"); expected one of \(Self.keys.joined(separator: ", "))")
        }
    }

    func error(_ key: String, _ message: String) -> PatchError {
        let mark = mapping[Node(key)]?.mark
        return PatchError(file: file, line: mark?.line, column: mark?.column, message: "\(key): \(message)")
    }

    func line(_ key: String) -> Int? { mapping[Node(key)]?.mark?.line }

    func optional(_ key: String) -> String? { mapping[Node(key)]?.scalar?.string }

    func string(_ key: String) throws(PatchError) -> String {
        guard let value = mapping[Node(key)]?.scalar?.string, !value.isEmpty else {
            throw error(key, "expected a value")
        }
        return value
    }

    func strings(_ key: String) throws(PatchError) -> [String] {
        guard let sequence = mapping[Node(key)]?.sequence else { throw error(key, "expected a list") }
        return sequence.compactMap(\.scalar?.string)
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Choice.Type
    ) throws(PatchError) -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try string(key)) else {
            throw error(key, "expected one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func port(default port: Int) throws(PatchError) -> Int {
        guard let node = mapping[Node("port")] else { return port }
        guard let value = node.scalar.flatMap({ Int($0.string) }), (1...65_535).contains(value) else {
            throw error("port", "expected a port number, 1 to 65535")
        }
        return value
    }

    /// Each as `CVE-YEAR-NUMBER`.
    func cves() throws(PatchError) -> [String] {
        guard let sequence = mapping[Node("cves")]?.sequence else { throw error("cves", "expected a list") }
        var result: [String] = []
        for node in sequence {
            let text = node.scalar?.string ?? ""
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "CVE", parts[1].utf8.count == 4, parts[2].utf8.count >= 4,
                parts.dropFirst().allSatisfy({ $0.utf8.allSatisfy(\.isDigit) })
            else { throw error(at: node, "cves: expected CVE-YEAR-NUMBER, found '\(text)'") }
            result.append(text)
        }
        return result
    }

    /// nil when the patch has no end.
    func end() throws(PatchError) -> PolicyDay? {
        guard let node = mapping[Node("end")] else { return nil }
        let text = node.scalar?.string ?? ""
        guard let day = PolicyDay(text) else { throw error(at: node, "end: expected a day such as 2026-12-31, found '\(text)'") }
        return day
    }

    func affected() throws(PatchError) -> [PatchPackage.Affected] {
        guard let sequence = mapping[Node("affects")]?.sequence else { throw error("affects", "expected a list") }
        var result: [PatchPackage.Affected] = []
        for node in sequence { result.append(try affected(node)) }
        return result
    }

    private func affected(_ node: Node) throws(PatchError) -> PatchPackage.Affected {
        guard let entry = node.mapping, let purl = node["purl"]?.scalar, let versions = node["versions"]?.scalar, entry.count == 2 else {
            throw error(at: node, "affects: expected entries with purl (pkg:TYPE/NAME) and versions, and nothing else")
        }
        let url: PackageURL
        do throws(PackageURL.Failure) {
            url = try PackageURL(purl.string)
        } catch {
            throw self.error(at: .scalar(purl), "affects: \(error)")
        }
        guard url.version == nil else {
            throw error(at: .scalar(purl), "affects: expected a package URL without a version, found '\(purl.string)'")
        }
        do throws(VersionRange.Failure) {
            let range = try VersionRange(versions.string, order: VersionOrder(packageType: url.type))
            return PatchPackage.Affected(purl: url, versions: range)
        } catch {
            throw self.error(at: .scalar(versions), "affects: \(error)")
        }
    }

    private func error(at node: Node, _ message: String) -> PatchError {
        PatchError(file: file, line: node.mark?.line, column: node.mark?.column, message: message)
    }
}
