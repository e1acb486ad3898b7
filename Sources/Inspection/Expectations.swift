import AppLayer
import Flow
import Synchronization
import Wire

/// Connections that control connections have announced (FTP's data connections). Workers share it: the two
/// connections may be on different queues.
public final class Expectations: Sendable {
    struct Key: Hashable {
        let listener: IPAddress
        let port: UInt16
        let peer: IPAddress
    }

    private struct Entry {
        let transfer: FTPTransfer
        let until: Timestamp
    }

    /// As in Suricata.
    private static let lifetimeNanoseconds: Int64 = 30_000_000_000
    private static let capacity = 16_384

    private let entries = Mutex<[Key: Entry]>([:])
    /// Spares packets the lock while there is nothing.
    private let count = Atomic<Int>(0)

    public init() {}

    var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    func add(_ key: Key, _ transfer: FTPTransfer, now: Timestamp) {
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries = entries.filter { now <= $0.value.until } }
            if entries.count < Self.capacity || entries[key] != nil {
                entries[key] = Entry(transfer: transfer, until: now.advanced(byNanoseconds: Self.lifetimeNanoseconds))
            }
            count.store(entries.count, ordering: .releasing)
        }
    }

    /// Each announcement is for one connection.
    func take(_ key: Key, now: Timestamp) -> FTPTransfer? {
        entries.withLock { entries in
            guard let entry = entries.removeValue(forKey: key) else { return nil }
            count.store(entries.count, ordering: .releasing)
            return now <= entry.until ? entry.transfer : nil
        }
    }
}

extension Pipeline {
    /// Of a flow that has announced others.
    func announce(_ state: FlowState, _ index: FlowIndex?, now: Timestamp) {
        guard let app = state.app, app.appProtocol == .ftp, let index else { return }
        for expected in app.takeExpectedFlows() {
            let (client, server) = (flows[index].client, flows[index].server)
            let key = Expectations.Key(
                listener: expected.isToServer ? server : client, port: expected.port, peer: expected.isToServer ? client : server)
            expectations.add(key, expected.transfer, now: now)
        }
    }

    /// Takes up what was announced, when the first data of a flow comes.
    func meetExpectation(_ state: FlowState, _ index: FlowIndex?, now: Timestamp) {
        guard state.app == nil, !expectations.isEmpty, let index else { return }
        let flow = flows[index]
        let key = Expectations.Key(listener: flow.server, port: flow.serverPort, peer: flow.client)
        if let transfer = expectations.take(key, now: now) { appSession(of: state).begin(transfer) }
    }
}
