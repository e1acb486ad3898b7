import Synchronization

/// Work that the control plane leaves for one worker, which does it between two packets.
///
/// The flag keeps the steady state free of locks: a worker takes the lock only when something is there.
final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    private let isFilled = Atomic<Bool>(false)

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        isFilled.store(true, ordering: .releasing)
    }

    func take() -> [Message] {
        guard isFilled.exchange(false, ordering: .acquiringAndReleasing) else { return [] }
        return messages.withLock { messages in
            let taken = messages
            messages = []
            return taken
        }
    }
}
