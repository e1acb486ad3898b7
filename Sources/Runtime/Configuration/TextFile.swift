import Foundation

/// Whole small files: configuration and rules.
public enum TextFile {
    /// Files larger than this are refused.
    static let limitBytes = 512 << 20

    /// - Throws: when the file can't be read or is larger than the limit.
    public static func bytes(_ path: String) throws(ConfigurationError) -> [UInt8] {
        guard !Folders.isFolder(path) else {
            throw ConfigurationError(file: path, message: "is a folder, not a file")
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: limitBytes + 1) ?? Data()
        } catch {
            throw ConfigurationError(file: path, message: reason(error))
        }
        guard data.count <= limitBytes else {
            throw ConfigurationError(file: path, message: "larger than \(limitBytes >> 20) MiB")
        }
        return Array(data)
    }

    static func read(_ path: String) throws(ConfigurationError) -> String {
        let bytes = try bytes(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(file: path, message: "not UTF-8 text")
        }
        return text
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        switch error.code {
        case NSFileNoSuchFileError, NSFileReadNoSuchFileError: return "no such file"
        case NSFileReadNoPermissionError: return "permission denied"
        default: return "can't be read (\(error.localizedDescription))"
        }
    }
}
