public import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Speaks to a running daemon over its socket.
public struct ControlClient: Sendable {
    private let path: String
    /// A reload of a large rule set takes its time.
    private static let timeout = TimeAmount.seconds(120)

    public init(path: String) { self.path = path }

    public struct Answer: Sendable {
        public let status: Int
        public let body: Data
    }

    /// Somebody accepts connections on the socket.
    var isAnswered: Bool {
        guard let channel = try? ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path).wait()
        else { return false }
        try? channel.close().wait()
        return true
    }

    public func get<Report: Decodable>(_ target: String, as type: Report.Type) async throws -> Report {
        try Self.decode(try await send(.GET, target), as: type)
    }

    public func post<Report: Decodable>(_ target: String, body: Data = Data(), as type: Report.Type) async throws -> Report {
        try Self.decode(try await send(.POST, target, body), as: type)
    }

    private static func decode<Report: Decodable>(_ answer: Answer, as type: Report.Type) throws -> Report {
        guard answer.status == 200 else {
            let text = (try? JSONDecoder().decode(ErrorReport.self, from: answer.body))?.error
            throw ControlFailure(status: answer.status, text ?? "ipsd answered with status \(answer.status)")
        }
        return try JSONDecoder().decode(type, from: answer.body)
    }

    private typealias Exchange = NIOAsyncChannel<HTTPClientResponsePart, HTTPPart<HTTPRequestHead, IOData>>

    private func send(_ method: HTTPMethod, _ target: String, _ body: Data = Data()) async throws -> Answer {
        let channel: Exchange
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: Self.timeout))
                        return try Exchange(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ControlFailure(status: 0, "\(path): no ipsd answers (\(error))")
        }
        return try await channel.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: method, uri: target)
            head.headers = ["Host": "ipsd", "Content-Length": "\(body.count)", "Connection": "close"]
            try await outbound.write(.head(head))
            if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
            try await outbound.write(.end(nil))
            var status = 0
            var received = Data()
            for try await part in inbound {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let buffer): received.append(contentsOf: buffer.readableBytesView)
                case .end: return Answer(status: status, body: received)
                }
            }
            throw ControlFailure(status: 0, "\(path): the connection ended before the answer")
        }
    }
}
