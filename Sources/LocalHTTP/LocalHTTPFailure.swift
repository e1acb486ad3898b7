/// Why there is no answer.
public enum LocalHTTPFailure: Error, Equatable, CustomStringConvertible {
    case notReached(path: String, String)
    case timedOut(path: String)
    /// More than the limit, in bytes.
    case tooLong(path: String, bytes: Int)
    /// The connection ended before the answer did.
    case ended(path: String)
    case notHTTP(path: String, String)

    public var description: String {
        switch self {
        case .notReached(let path, let reason): "\(path): nobody answers (\(reason))"
        case .timedOut(let path): "\(path): no answer in time"
        case .tooLong(let path, let bytes): "\(path): more than \(bytes) bytes came"
        case .ended(let path): "\(path): the connection ended before the answer"
        case .notHTTP(let path, let reason): "\(path): not the answer of an HTTP server (\(reason))"
        }
    }
}
