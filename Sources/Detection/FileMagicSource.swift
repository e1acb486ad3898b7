public import AppLayer
import Synchronization

/// The database of kinds of files, loaded when the first rule asks for it.
public final class FileMagicSource: Sendable {
    private let load: @Sendable () throws(FileMagic.Failure) -> FileMagic
    private let made = Mutex<FileMagic?>(nil)

    /// - Parameter load: set by the room that may read files.
    public init(
        load: @escaping @Sendable () throws(FileMagic.Failure) -> FileMagic = { () throws(FileMagic.Failure) in
            throw FileMagic.Failure(message: "the database of kinds of files can't be read here")
        }
    ) {
        self.load = load
    }

    var loaded: FileMagic? { made.withLock { $0 } }

    func need() throws(FileMagic.Failure) {
        guard loaded == nil else { return }
        let new = try load()
        made.withLock { $0 = new }
    }
}
