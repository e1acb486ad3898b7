import Foundation
import Glibc
import Synchronization
import TestSupport

/// A runtime's socket that answers as it is told, lies included.
final class FakeRuntime: Sendable {
    enum Answer: Sendable {
        case json(String)
        case status(Int)
        /// Bytes as they are, then the end.
        case raw(String)
        /// Nothing, for ever.
        case silence
        /// A head, and then a body without end.
        case endlessBody
        case endlessHeader
        /// A head without end of the body; lines follow with `say(_:)`.
        case lines
    }

    private struct State {
        var answers: [String: Answer] = [:]
        var requests: [String] = []
        var followers: [Int32] = []
        var open: Set<Int32> = []
        var listener: Int32 = -1
    }

    let path: String
    private let folder: TemporaryFolder
    private let state = Mutex(State())

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/r.sock"
    }

    deinit { vanish() }

    var requests: [String] { state.withLock { $0.requests } }

    /// For targets that begin so; the longest beginning counts.
    func answer(_ target: String, _ answer: Answer) { state.withLock { $0.answers[target] = answer } }

    /// Containers that run, each with a pid that nothing has.
    func answerContainers(_ ids: [String]) {
        answer("/version", .json(#"{"Components":[{"Name":"Engine"}]}"#))
        answer("/containers/json", .json("[" + ids.map { "{\"Id\":\"\($0)\"}" }.joined(separator: ",") + "]"))
        for (number, id) in ids.enumerated() { answer("/containers/\(id)/json", .json(Self.inspected(id, process: 90_000_000 + number))) }
        answer("/events", .lines)
    }

    static func inspected(_ id: String, process: Int) -> String {
        "{\"Id\":\"\(id)\",\"Name\":\"/n-\(id)\",\"State\":{\"Pid\":\(process)},\"Config\":{\"Image\":\"img\"}}"
    }

    func listen() throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0, Glibc.listen(listener, 16) == 0 else { throw CocoaError(.fileWriteUnknown) }
        state.withLock { $0.listener = listener }
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                self?.state.withLock { _ = $0.open.insert(connection) }
                Thread.detachNewThread { [weak self] in self?.serve(connection) }
            }
        }
    }

    /// The socket goes, and every connection with it.
    func vanish() {
        state.withLock { state in
            if state.listener >= 0 { shutdown(state.listener, Int32(SHUT_RDWR)) }
            if state.listener >= 0 { close(state.listener) }
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
            state.listener = -1
            state.followers = []
        }
        _ = unsafe unlink(path)
    }

    /// A line of the stream of events.
    func say(_ line: String) {
        let followers = state.withLock { $0.followers }
        for follower in followers { Self.send(follower, "\(String(line.utf8.count + 1, radix: 16))\r\n\(line)\n\r\n") }
    }

    var followerCount: Int { state.withLock { $0.followers.count } }

    private func serve(_ connection: Int32) {
        var request: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let count = unsafe recv(connection, &piece, piece.count, 0)
            guard count > 0 else { break }
            request += piece.prefix(count)
        }
        let words = String(decoding: request, as: UTF8.self).split(separator: " ")
        let target = words.count > 1 ? String(words[1]) : ""
        let answer = state.withLock { state in
            state.requests.append(target)
            return state.answers.filter { target.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }?.value ?? .status(404)
        }
        let isFollowing = reply(answer, connection)
        if isFollowing {
            // Until the other end closes.
            while unsafe recv(connection, &piece, piece.count, 0) > 0 {}
        }
        state.withLock { state in
            state.open.remove(connection)
            state.followers.removeAll { $0 == connection }
            close(connection)
        }
    }

    /// - Returns: whether the connection stays.
    private func reply(_ answer: Answer, _ connection: Int32) -> Bool {
        let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        switch answer {
        case .json(let text):
            Self.send(connection, ok + "Content-Length: \(text.utf8.count)\r\n\r\n" + text)
        case .status(let status):
            Self.send(connection, "HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
        case .raw(let text):
            Self.send(connection, text)
        case .silence:
            return true
        case .endlessBody:
            Self.send(connection, ok + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n"
            while Self.send(connection, chunk) {}
        case .endlessHeader:
            Self.send(connection, "HTTP/1.1 200 OK\r\nX: ")
            while Self.send(connection, String(repeating: "a", count: 65_536)) {}
        case .lines:
            Self.send(connection, ok + "Transfer-Encoding: chunked\r\n\r\n")
            state.withLock { $0.followers.append(connection) }
            return true
        }
        return false
    }

    @discardableResult
    private static func send(_ connection: Int32, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(connection, $0.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
