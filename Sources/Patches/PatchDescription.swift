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

    func affected() throws(PatchError) -> [PatchPackage.Affected] {
        guard let sequence = mapping[Node("affects")]?.sequence else { throw error("affects", "expected a list") }
        var result: [PatchPackage.Affected] = []
        for node in sequence {
            guard let purl = node["purl"]?.scalar?.string, let versions = node["versions"]?.scalar?.string,
                purl.hasPrefix("pkg:")
            else { throw error("affects", "expected entries with purl (pkg:TYPE/NAME) and versions") }
            result.append(PatchPackage.Affected(purl: purl, versions: versions))
        }
        return result
    }
}
