import Foundation

enum OutputFile {
    /// Makes the file, or replaces it.
    static func write(_ data: Data, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: data) else {
            throw Failure.unusable("\(path): the file can't be written")
        }
    }

    static func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }
}
