import Containers
import Foundation
import Wire

/// Containers as `ipsctl containers --json` prints them, for captures and for policies that are not in force.
enum ContainerFile {
    /// Larger files are refused.
    private static let limitBytes = 64 << 20

    /// - Parameter path: nil for no container.
    /// - Throws: `Failure` with status 2, naming the file and what was expected.
    static func snapshot(_ path: String?) throws -> InventorySnapshot {
        guard let path else { return .none }
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Failure.unusable("\(path): can't be read") }
        defer { try? handle.close() }
        let data = try handle.read(upToCount: limitBytes + 1) ?? Data()
        guard data.count <= limitBytes else { throw Failure.unusable("\(path): larger than \(limitBytes >> 20) MiB") }
        do {
            return InventorySnapshot(numbering: try JSONDecoder().decode([Entry].self, from: data).map { try $0.container })
        } catch let error as DecodingError {
            throw Failure.unusable("\(path): \(text(error))")
        } catch let error as Unusable {
            throw Failure.unusable("\(path): \(error.message)")
        }
    }

    private struct Unusable: Error { let message: String }

    private struct Entry: Decodable {
        let id: String
        let name: String?
        let runtime: String?
        let image: String?
        let digest: String?
        let image_id: String?
        let labels: [String: String]?
        let project: String?
        let service: String?
        let pod: String?
        let namespace: String?
        let network_namespace: Int32?
        let host_network: Bool?
        let sandbox: Bool?
        let addresses: [String]?

        var container: Container {
            get throws {
                guard let runtime = Container.Runtime(rawValue: runtime ?? "docker") else {
                    let known = Container.Runtime.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Unusable(message: "container \(id): runtime '\(runtime ?? "")' is none of \(known)")
                }
                var container = Container(id: id, name: name ?? id, runtime: runtime, image: image ?? "")
                container.digest = digest
                container.imageID = image_id
                container.labels = labels ?? [:]
                container.composeProject = project
                container.composeService = service
                container.pod = pod
                container.namespace = namespace
                container.networkNamespace = network_namespace
                container.hasHostNetwork = host_network ?? false
                container.isSandbox = sandbox ?? false
                container.addresses = try (addresses ?? []).map { text in
                    guard let address = IPAddress(text) else {
                        throw Unusable(message: "container \(id): '\(text)' is not an IP address")
                    }
                    return address
                }
                return container
            }
        }
    }

    private static func text(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context)): expected \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(place(context)): \(context.debugDescription)"
        case .dataCorrupted(let context): return "not JSON: \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}
