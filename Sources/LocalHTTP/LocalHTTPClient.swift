import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTP/1.1 over a unix socket: one connection for each request. The other end may lie, hang, vanish or never stop: whatever
/// is awaited has a limit in time and in bytes.
public struct LocalHTTPClient: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public enum Method: String, Sendable { case get = "GET", post = "POST" }

    /// What an answer may take.
    public struct Limits: Sendable {
        /// From the request to the last byte.
        public var seconds: Int
        public var bodyBytes: Int

        public init(seconds: Int, bodyBytes: Int) {
            self.seconds = seconds
            self.bodyBytes = bodyBytes
        }
    }

    public struct Answer: Sendable {
        public let status: Int
        public let body: [UInt8]
    }

    private static let connectTimeout = TimeAmount.seconds(5)

    /// Somebody accepts connections on the socket.
    public var isAnswered: Bool {
        guard let channel = try? ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path).wait()
        else { return false }
        try? channel.close().wait()
        return true
    }

    /// - Throws: `LocalHTTPFailure`.
    public func send(
        _ method: Method, _ target: String, body: [UInt8] = [], limits: Limits
    ) async throws -> Answer {
        try await exchange(method, target, body, deadline: .seconds(Int64(limits.seconds))) { parts, clock in
            var status = 0
            var received: [UInt8] = []
            for try await part in parts {
                clock.noteProgress()
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let buffer):
                    guard received.count + buffer.readableBytes <= limits.bodyBytes else {
                        throw LocalHTTPFailure.tooLong(path: path, bytes: limits.bodyBytes)
                    }
                    received += buffer.readableBytesView
                case .end: return Answer(status: status, body: received)
                }
            }
            throw LocalHTTPFailure.ended(path: path)
        }
    }

    /// Follows an answer that comes line by line and may never end.
    /// - Parameter onHead: called with the status before the first line, within the limit of seconds.
    /// - Parameter onLine: called for each line, without its end; the other end waits meanwhile.
    /// - Returns: when the other end ends the answer.
    /// - Throws: `LocalHTTPFailure`, of a line longer than `lineBytes` as well; what the closures throw.
    public func follow(
        _ target: String, secondsToHead: Int, lineBytes: Int, onHead: @Sendable (Int) async throws -> Void,
        onLine: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await exchange(.get, target, [], deadline: nil, firstPart: .seconds(Int64(secondsToHead))) { parts, clock in
            var line: [UInt8] = []
            for try await part in parts {
                clock.noteProgress()
                switch part {
                case .head(let head): try await onHead(Int(head.status.code))
                case .body(let buffer):
                    for byte in buffer.readableBytesView {
                        if byte == UInt8(ascii: "\n") {
                            if !line.isEmpty { try await onLine(line) }
                            line.removeAll(keepingCapacity: true)
                        } else {
                            guard line.count < lineBytes else { throw LocalHTTPFailure.tooLong(path: path, bytes: lineBytes) }
                            line.append(byte)
                        }
                    }
                case .end: return
                }
            }
            throw LocalHTTPFailure.ended(path: path)
        }
    }

    // MARK: Connections

    private typealias Exchange = NIOAsyncChannel<HTTPClientResponsePart, HTTPPart<HTTPRequestHead, IOData>>

    private typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>

    private func exchange<Result: Sendable>(
        _ method: Method, _ target: String, _ body: [UInt8], deadline: TimeAmount?, firstPart: TimeAmount? = nil,
        _ read: (Parts, ExchangeClock) async throws -> Result
    ) async throws -> Result {
        let channel: Exchange
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(Self.connectTimeout)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try Exchange(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw LocalHTTPFailure.notReached(path: path, "\(error)")
        }
        let clock = ExchangeClock(channel.channel, whole: deadline, firstPart: firstPart)
        defer { clock.stop() }
        do {
            return try await channel.executeThenClose { inbound, outbound in
                var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: target)
                head.headers = ["Host": "localhost", "Content-Length": "\(body.count)"]
                // An answer that does not end would not be answered "close" either.
                if deadline != nil { head.headers.add(name: "Connection", value: "close") }
                try await outbound.write(.head(head))
                if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
                try await outbound.write(.end(nil))
                return try await read(inbound, clock)
            }
        } catch {
            throw failure(error, clock)
        }
    }

    /// What the connection fails with becomes this client's own failure; what the reader throws stays.
    private func failure(_ error: any Error, _ clock: ExchangeClock) -> any Error {
        switch error {
        case LocalHTTPFailure.ended where clock.hasRunOut: LocalHTTPFailure.timedOut(path: path)
        case is LocalHTTPFailure, is CancellationError: error
        case is HTTPParserError, is ChannelError, is IOError:
            clock.hasRunOut ? LocalHTTPFailure.timedOut(path: path) : LocalHTTPFailure.notHTTP(path: path, "\(error)")
        default: error
        }
    }
}
