import Foundation
import LocalHTTP
import Wire

/// The part of Docker's Engine API that the inventory reads (https://docs.docker.com/reference/api/engine/); Podman answers
/// it as well.
struct DockerAPI: Sendable {
    let client: LocalHTTPClient

    init(socket: String) { client = LocalHTTPClient(path: socket) }

    private static let seconds = 10
    private static let listBytes = 32 << 20
    private static let inspectBytes = 4 << 20
    static let eventBytes = 1 << 20

    struct Version: Decodable {
        struct Component: Decodable { var Name: String? }
        var Components: [Component]?
        var isPodman: Bool { Components?.contains { $0.Name == "Podman Engine" } ?? false }
    }

    struct Listed: Decodable {
        var Id: String
        var State: String?
    }

    /// `/containers/ID/json`.
    struct Inspected: Decodable {
        struct Status: Decodable { var Pid: Int32? }
        struct Configuration: Decodable {
            var Image: String?
            var Labels: [String: String]?
        }
        struct HostConfiguration: Decodable { var NetworkMode: String? }
        struct Network: Decodable {
            var IPAddress: String?
            var GlobalIPv6Address: String?
        }
        struct Networks: Decodable { var Networks: [String: Network]? }

        var Id: String
        var Name: String?
        var Image: String?
        var State: Status?
        var Config: Configuration?
        var HostConfig: HostConfiguration?
        var NetworkSettings: Networks?
    }

    struct Image: Decodable { var RepoDigests: [String]? }

    /// `/events`: what happened to which container.
    struct Event: Decodable {
        struct Subject: Decodable {
            var ID: String?
            var Attributes: [String: String]?
        }
        var `Type`: String?
        var Action: String?
        var Actor: Subject?
        var id: String?

        /// The container that it is about.
        var container: String? {
            switch Type {
            case "container": Actor?.ID ?? id
            // Docker tells the network's id, Podman the container's as the actor.
            case "network": Actor?.Attributes?["container"] ?? id
            default: nil
            }
        }
    }

    /// libpod's list, which knows pods.
    struct PodmanListed: Decodable {
        var Id: String
        var PodName: String?
        var IsInfra: Bool?
    }

    /// - Throws: `LocalHTTPFailure` or `DockerFailure`.
    func version() async throws -> Version { try await get("/version", bytes: Self.inspectBytes) }

    /// Those that run or may soon. Each runtime refuses states that only the other has.
    func list(of runtime: Container.Runtime) async throws -> [Listed] {
        let states = ["created", runtime == .podman ? "initialized" : "restarting", "running", "paused"]
        let quoted = states.map { "%22\($0)%22" }.joined(separator: "%2C")
        return try await get("/containers/json?all=true&filters=%7B%22status%22%3A%5B\(quoted)%5D%7D", bytes: Self.listBytes)
    }

    /// nil when there is none any more.
    func inspect(_ id: String) async throws -> Inspected? {
        do {
            return try await get("/containers/\(id)/json", bytes: Self.inspectBytes)
        } catch DockerFailure.status(_, 404) {
            return nil
        }
    }

    func image(_ id: String) async throws -> Image { try await get("/images/\(id)/json", bytes: Self.inspectBytes) }

    func pods() async throws -> [PodmanListed] {
        try await get("/v4.0.0/libpod/containers/json?all=true&pod=true", bytes: Self.listBytes)
    }

    /// Follows what happens to containers and networks.
    func follow(onReady: @Sendable () async throws -> Void, onEvent: @Sendable (Event) async throws -> Void) async throws {
        try await client.follow(
            "/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%7D", secondsToHead: Self.seconds,
            lineBytes: Self.eventBytes
        ) { status in
            guard status == 200 else { throw DockerFailure.status("/events", status) }
            try await onReady()
        } onLine: { line in
            try await onEvent(try Self.decode(line, "/events"))
        }
    }

    private func get<Value: Decodable>(_ target: String, bytes: Int) async throws -> Value {
        let answer = try await client.send(.get, target, limits: .init(seconds: Self.seconds, bodyBytes: bytes))
        guard answer.status == 200 else { throw DockerFailure.status(target, answer.status) }
        return try Self.decode(answer.body, target)
    }

    private static func decode<Value: Decodable>(_ bytes: [UInt8], _ target: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch {
            throw DockerFailure.unreadable(target)
        }
    }
}

enum DockerFailure: Error, Equatable, CustomStringConvertible {
    case status(String, Int)
    case unreadable(String)
    /// It has said nothing for long, and does not answer when asked.
    case hangs

    var description: String {
        switch self {
        case .status(let target, let status): "\(target) is answered with status \(status)"
        case .unreadable(let target): "\(target) is answered with something else than the API's JSON"
        case .hangs: "it does not answer any more"
        }
    }
}
