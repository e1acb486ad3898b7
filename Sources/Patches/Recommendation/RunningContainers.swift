public import Containers
import Foundation

/// The containers that run, as `ipsctl containers --json` prints them.
public enum RunningContainers {
    /// Larger files are refused.
    static let limitBytes = 64 << 20

    public static func read(file: String) throws(ReportError) -> [Container] {
        guard FileManager.default.fileExists(atPath: file) else { throw ReportError(file: file, message: "no such file") }
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: limitBytes + 1) else {
            throw ReportError(file: file, message: "can't be read")
        }
        guard data.count <= limitBytes else { throw ReportError(file: file, message: "larger than \(limitBytes >> 20) MiB") }
        return try read(Array(data), file: file)
    }

    /// A document with a list `containers`, or the list alone.
    public static func read(_ bytes: [UInt8], file: String) throws(ReportError) -> [Container] {
        let document: JSONDocument
        do throws(JSONParser.Failure) {
            document = try JSONParser.parse(bytes)
        } catch {
            throw ReportError(file: file, place: .position(line: error.line, column: error.column), message: error.message)
        }
        let root = ReportNode(value: document, path: "$", file: file)
        let nodes = root.isObject ? try root.required("containers").elements() : try root.elements()
        var result: [Container] = []
        for node in nodes { result.append(try container(node)) }
        return result
    }

    private static func container(_ node: ReportNode) throws(ReportError) -> Container {
        let id = try node.required("id").string()
        let runtimeName = try node.string("runtime") ?? Container.Runtime.docker.rawValue
        guard let runtime = Container.Runtime(rawValue: runtimeName) else {
            let known = Container.Runtime.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.error("runtime: expected one of \(known), found '\(runtimeName)'")
        }
        var container = Container(
            id: id, name: try node.string("name") ?? id, runtime: runtime, image: try node.string("image") ?? "")
        container.digest = try node.string("digest")
        container.imageID = try node.string("image_id")
        container.composeProject = try node.string("project")
        container.composeService = try node.string("service")
        container.pod = try node.string("pod")
        container.namespace = try node.string("namespace")
        if let labels = try node.member("labels") { container.labels = try labels.texts() }
        if let member = try node.member("sandbox"), case .bool(let isSandbox) = member.value { container.isSandbox = isSandbox }
        return container
    }
}
