import Foundation
import Yams

/// Reads patch packages. Strict: an unknown or missing key is an error.
public struct PatchReader {
    public init() {}

    /// All packages in a folder, by id. A folder without a `patch.yaml` is not a package and is passed over.
    public func library(_ folder: String) throws(PatchError) -> [PatchPackage] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw PatchError(file: folder, line: nil, column: nil, message: "the folder can't be read")
        }
        var packages: [PatchPackage] = []
        for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)/patch.yaml") {
            packages.append(try package("\(folder)/\(name)"))
        }
        return packages
    }

    /// What a policy needs to know of the package in `folder`, without reading its requests.
    /// - Parameter name: the folder's, for one that does not say its id.
    public func identity(_ folder: String, name: String) throws(PatchError) -> PatchIdentity {
        let file = "\(folder)/patch.yaml"
        let description = try PatchDescription(file: file)
        return PatchIdentity(
            id: description.optional("id") ?? name, title: description.optional("title") ?? "",
            stage: try description.choice("stage", PatchPackage.Stage.self),
            place: description.line("stage").map { "\(file):\($0)" } ?? file, end: try description.end())
    }

    /// The package in `folder`, whose last path component must be its id.
    public func package(_ folder: String) throws(PatchError) -> PatchPackage {
        let folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let description = try PatchDescription(file: "\(folder)/patch.yaml")
        let id = try description.string("id")
        guard folder == id || folder.hasSuffix("/\(id)") else {
            throw description.error("id", "expected the folder's name, found \(id)")
        }
        let port = UInt16(try description.port(default: 80))
        guard FileManager.default.fileExists(atPath: "\(folder)/patch.rules") else {
            throw PatchError(file: "\(folder)/patch.rules", line: nil, column: nil, message: "no such file")
        }
        return PatchPackage(
            id: id,
            title: try description.string("title"),
            cves: try description.cves(),
            products: try description.strings("products"),
            affects: try description.affected(),
            references: try description.strings("references"),
            severity: try description.choice("severity", PatchPackage.Severity.self),
            stage: try description.choice("stage", PatchPackage.Stage.self),
            end: try description.end(),
            port: port,
            folder: folder,
            exploits: try requests("\(folder)/exploit", port: port),
            benign: try requests("\(folder)/benign", port: port))
    }

    private func requests(_ folder: String, port: UInt16) throws(PatchError) -> [PatchPackage.Request] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw PatchError(file: folder, line: nil, column: nil, message: "expected a folder of requests")
        }
        var result: [PatchPackage.Request] = []
        for name in names where !name.hasPrefix(".") {
            guard let dot = name.lastIndex(of: ".") else { continue }
            let path = "\(folder)/\(name)"
            guard let data = FileManager.default.contents(atPath: path) else {
                throw PatchError(file: path, line: nil, column: nil, message: "can't be read")
            }
            let bytes: [UInt8]
            switch name[dot...] {
            case ".http", ".bin": bytes = Array(data)
            case ".hex": bytes = try hexBytes(data, path)
            default: throw PatchError(file: path, line: nil, column: nil, message: "expected .http, .bin or .hex")
            }
            guard !bytes.isEmpty else { throw PatchError(file: path, line: nil, column: nil, message: "is empty") }
            result.append(PatchPackage.Request(name: String(name[..<dot]), bytes: bytes, port: port))
        }
        return result
    }

    /// Hexadecimal digits; white space and `#` comments to the line's end are passed over.
    private func hexBytes(_ data: Data, _ path: String) throws(PatchError) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        var line = 1, column = 0, inComment = false
        for byte in data {
            column += 1
            if byte == UInt8(ascii: "\n") { (line, column, inComment) = (line + 1, 0, false) }
            if byte == UInt8(ascii: "#") { inComment = true }
            if inComment || byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a { continue }
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw PatchError(file: path, line: line, column: column, message: "expected a hexadecimal digit")
            }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        guard high == nil else {
            throw PatchError(file: path, line: line, column: column, message: "odd number of hexadecimal digits")
        }
        return bytes
    }
}
