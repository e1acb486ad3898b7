public import Foundation
import LocalHTTP

/// Speaks to a running daemon over its socket.
public struct ControlClient: Sendable {
    private let client: LocalHTTPClient
    /// A reload of a large rule set takes its time.
    private static let limits = LocalHTTPClient.Limits(seconds: 120, bodyBytes: 1 << 30)

    public init(path: String) { client = LocalHTTPClient(path: path) }

    /// Somebody accepts connections on the socket.
    var isAnswered: Bool { client.isAnswered }

    public func get<Report: Decodable>(_ target: String, as type: Report.Type) async throws -> Report {
        try Self.decode(try await send(.get, target), as: type)
    }

    public func post<Report: Decodable>(_ target: String, body: Data = Data(), as type: Report.Type) async throws -> Report {
        try Self.decode(try await send(.post, target, body), as: type)
    }

    private static func decode<Report: Decodable>(_ answer: LocalHTTPClient.Answer, as type: Report.Type) throws -> Report {
        let body = Data(answer.body)
        guard answer.status == 200 else {
            let text = (try? JSONDecoder().decode(ErrorReport.self, from: body))?.error
            throw ControlFailure(status: answer.status, text ?? "ipsd answered with status \(answer.status)")
        }
        return try JSONDecoder().decode(type, from: body)
    }

    private func send(_ method: LocalHTTPClient.Method, _ target: String, _ body: Data = Data()) async throws -> LocalHTTPClient.Answer {
        do {
            return try await client.send(method, target, body: Array(body), limits: Self.limits)
        } catch let failure as LocalHTTPFailure {
            if case .notReached(let path, let reason) = failure {
                throw ControlFailure(status: 0, "\(path): no ipsd answers (\(reason))")
            }
            throw ControlFailure(status: 0, failure.description)
        }
    }
}
