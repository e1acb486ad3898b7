@testable import AppLayer
import Wire

/// Feeds a connection in pieces and keeps what each transaction held when it was complete.
final class HTTPReader {
    struct Exchange: Equatable {
        var requestLine = ""
        var uri = ""
        var requestHeaders = ""
        var requestBody: [UInt8] = []
        var status = ""
        var responseHeaders = ""
        var responseBody: [UInt8] = []
        var isWhole = false
    }

    let session: AppLayerSession
    private(set) var exchanges: [UInt64: Exchange] = [:]
    private(set) var eventNames: Set<String> = []
    /// Files as they were when last seen, in the order in which they came.
    private(set) var files: [TransferredFile] = []

    init(
        limits: AppLayerLimits = AppLayerLimits(), ports: ProtocolPorts = ProtocolPorts(), ranges: RangeStore? = nil
    ) {
        session = AppLayerSession(limits: limits, ports: ports, ranges: ranges)
    }

    var all: [Exchange] { exchanges.sorted { $0.key < $1.key }.map(\.value) }

    func feed(_ bytes: [UInt8], _ direction: Direction, offset: UInt64 = 0) {
        session.consume(bytes.span, direction: direction, offset: offset)
        record()
        session.finishInspection()
    }

    /// The whole of `bytes` cut at `cuts`, each piece inspected by itself.
    func feed(_ bytes: [UInt8], _ direction: Direction, cuts: [Int]) {
        var start = 0
        for end in cuts + [bytes.count] where end > start {
            feed(Array(bytes[start..<end]), direction, offset: UInt64(start))
            start = end
        }
    }

    /// Bytes that never come.
    func skip(_ length: UInt64, _ direction: Direction) {
        session.skipGap(length: length, direction: direction)
        record()
        session.finishInspection()
    }

    func finish() {
        for direction in Direction.allCases { session.finish(direction) }
        record()
        session.finishInspection()
    }

    private func record() {
        for case let transaction as HTTPTransaction in session.transactions {
            var exchange = exchanges[transaction.id] ?? Exchange()
            exchange.requestLine = text(transaction, .httpRequestLine, .toServer)
            exchange.uri = text(transaction, .httpURI, .toServer)
            exchange.requestHeaders = text(transaction, .httpHeader, .toServer)
            exchange.status = text(transaction, .httpStatCode, .toClient)
            exchange.responseHeaders = text(transaction, .httpHeader, .toClient)
            Self.append(transaction.buffer(.httpRequestBody, direction: .toServer, index: 0), to: &exchange.requestBody)
            Self.append(transaction.buffer(.httpResponseBody, direction: .toClient, index: 0), to: &exchange.responseBody)
            exchange.isWhole = transaction.isComplete(.toServer) && transaction.isComplete(.toClient)
            exchanges[transaction.id] = exchange
            for direction in Direction.allCases {
                for file in transaction.files(direction) where !files.contains(where: { $0 === file }) { files.append(file) }
            }
            for event in transaction.events { eventNames.insert(event.name.description) }
        }
    }

    private func text(_ transaction: HTTPTransaction, _ buffer: Buffer, _ direction: Direction) -> String {
        transaction.buffer(buffer, direction: direction, index: 0).map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    }

    /// The view is a window of the body: only what lies behind the bytes already kept is new.
    private static func append(_ view: BufferView?, to body: inout [UInt8]) {
        guard let view else { return }
        let known = body.count - Int(view.offset)
        if known >= 0, known < view.bytes.count { body += view.bytes[known...] }
    }
}
