import Foundation
import Glibc
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
import NIOFoundationCompat
import ServiceLifecycle

/// HTTP/1.1 with JSON on a unix socket. Root and the group `rempart` may use it; nobody else can connect.
public struct ControlServer: Sendable {
    public static let group = "rempart"
    private let path: String
    private let service: any ControlService
    private let logger: Logger
    /// A client that is silent for so long, within a request or between two, is let go.
    private let idleTimeout: TimeAmount
    /// Bytes of a request body.
    private static let bodyLimit = 16 * 1024

    public init(path: String, service: any ControlService, logger: Logger) {
        self.init(path: path, service: service, logger: logger, idleTimeout: .seconds(60))
    }

    init(path: String, service: any ControlService, logger: Logger, idleTimeout: TimeAmount) {
        self.path = path
        self.service = service
        self.logger = logger
        self.idleTimeout = idleTimeout
    }

    /// Serves until the task is cancelled.
    /// - Throws: when the socket can't be made.
    public func run(onReady: @escaping @Sendable () async -> Void) async throws {
        try clearStaleSocket()
        let (path, logger) = (path, logger)
        // The socket must never be open to all, not even between bind and chmod.
        let mask = umask(0o177)
        let application = Application(
            router: router(),
            server: .http1(configuration: .init(idleTimeout: idleTimeout)),
            configuration: ApplicationConfiguration(address: .unixDomainSocket(path: path), serverName: "rempart"),
            onServerRunning: { _ in
                umask(mask)
                if let group = Groups.number(Self.group), unsafe chown(path, uid_t.max, group) == 0 {
                    _ = unsafe chmod(path, 0o660)
                } else {
                    _ = unsafe chmod(path, 0o600)
                }
                await onReady()
            },
            logger: logger)
        defer { _ = unsafe unlink(path) }
        let group = ServiceGroup(
            configuration: {
                var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
                // A client that holds its connection open does not hold the end up.
                configuration.maximumGracefulShutdownDuration = .seconds(2)
                return configuration
            }())
        // Out of reach of the caller's cancellation, which would end the server's parts in no order.
        let serving = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    /// A socket that a daemon left behind is removed; one that a daemon answers on is not.
    private func clearStaleSocket() throws {
        let client = ControlClient(path: path)
        guard unsafe access(path, F_OK) == 0 else { return }
        if client.isAnswered {
            throw ControlFailure(status: 500, "\(path): another ipsd answers on this socket")
        }
        _ = unsafe unlink(path)
    }

    private func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: PeerCheck(group: Groups.number(Self.group)))
        let service = service
        router.get("/v1/status") { _, _ in try Reply.json(await service.status()) }
        router.get("/v1/stats") { _, _ in
            let counters = await service.counters()
            return try Reply.json(Dictionary(counters.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        }
        router.get("/metrics") { _, _ in
            Reply.text(Prometheus.text(await service.counters(), await service.status()))
        }
        router.get("/v1/flows") { request, _ in try Reply.json(await service.flows(limit: Self.limit(request, 1000))) }
        router.get("/v1/decisions") { request, _ in
            try Reply.json(await service.decisions(limit: Self.limit(request, 20)))
        }
        router.get("/v1/policy") { _, _ in try Reply.json(await service.policy()) }
        for path in ["/containers", "/v1/containers"] {
            router.get(RouterPath(path)) { _, _ in try Reply.json(await service.containers()) }
        }
        router.get("/v1/promotions") { _, _ in try Reply.json(await service.promotions()) }
        router.post("/v1/promotions") { request, _ in
            var request = request
            let body = try await request.collectBody(upTo: Self.bodyLimit)
            do {
                return try Reply.json(try await service.changePolicy(Data(buffer: body)))
            } catch let error as ControlFailure {
                return try Reply.failure(error.status, error.description)
            }
        }
        router.get("/v1/rules/top") { request, _ in
            let order = request.uri.queryParameters["sort"].map(String.init) ?? "cost"
            return try await Reply.attempt { try await service.ruleCosts(by: order, limit: Self.limit(request, 20)) }
        }
        router.post("/v1/reload") { _, _ in try await Reply.attempt { try await service.reload() } }
        router.post("/v1/reopen") { _, _ in try await Reply.attempt { try await service.reopen() } }
        router.post("/v1/unblock") { request, context in
            var request = request
            let body = try await request.collectBody(upTo: Self.bodyLimit)
            return try await Reply.attempt {
                guard let wanted = try? JSONDecoder().decode(UnblockRequest.self, from: Data(buffer: body)) else {
                    throw ControlFailure(status: 400, "expected {\"flow_id\": N}, {\"address\": \"…\"} or {\"all\": true}")
                }
                return try await service.unblock(wanted)
            }
        }
        return router
    }

    private static func limit(_ request: Request, _ standard: Int) -> Int {
        let asked = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? standard
        return min(max(asked, 1), 100_000)
    }
}

/// Keeps the connection, so that its peer can be asked for.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

struct PeerCheck: RouterMiddleware {
    typealias Context = ControlContext
    let group: UInt32?

    @concurrent
    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        guard let peer = await PeerCredentials.of(context.channel), peer.mayControl(group: group) else {
            return try Reply.failure(403, "only root and the group \(ControlServer.group) may control ipsd")
        }
        return try await next(request, context)
    }
}
