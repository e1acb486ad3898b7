import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

enum Reply {
    static func json(_ value: some Encodable, status: Int = 200) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return bytes(try encoder.encode(value) + Data("\n".utf8), "application/json", status)
    }

    static func text(_ text: String) -> Response { bytes(Data(text.utf8), "text/plain; version=0.0.4", 200) }

    static func failure(_ status: Int, _ message: String) throws -> Response {
        try json(ErrorReport(error: message), status: status)
    }

    /// Answers with the result, or with why there is none.
    static func attempt(_ body: () async throws -> some Encodable) async throws -> Response {
        do {
            return try json(try await body())
        } catch let error as ControlFailure {
            return try failure(error.status, error.description)
        } catch {
            return try failure(500, "\(error)")
        }
    }

    private static func bytes(_ data: Data, _ type: String, _ status: Int) -> Response {
        Response(
            status: HTTPResponse.Status(code: status), headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}
