import Detection
import Foundation
import RuleLanguage

/// Datasets written as JSON: one document, or one object a line.
enum DatasetJSON {
    static func read(
        _ bytes: [UInt8], _ option: DatasetOption
    ) throws(CompilerOptions.FileFailure) -> [(value: String, object: String)] {
        let documents = option.format == .ndjson ? bytes.split(separator: 0x0a).map { Array($0) } : [bytes]
        var result: [(value: String, object: String)] = []
        for document in documents where document.contains(where: { $0 > 0x20 }) {
            guard let parsed = try? JSONSerialization.jsonObject(with: Data(document)) else {
                throw .init(message: "\(option.load ?? ""): not JSON")
            }
            for object in try objects(parsed, option) { result.append(try entry(object, option)) }
        }
        return result
    }

    private static func objects(_ document: Any, _ option: DatasetOption) throws(CompilerOptions.FileFailure) -> [Any] {
        let found: Any? = if let key = option.arrayKey { value(at: key, in: document) } else { document }
        if let array = found as? [Any] { return array }
        if let object = found as? [String: Any] { return [object] }
        throw .init(message: "\(option.load ?? ""): there is no array\(option.arrayKey.map { " at '\($0)'" } ?? "")")
    }

    private static func entry(
        _ object: Any, _ option: DatasetOption
    ) throws(CompilerOptions.FileFailure) -> (value: String, object: String) {
        let key = option.valueKey ?? ""
        guard let value = value(at: key, in: object) as? String,
            let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        else { throw .init(message: "\(option.load ?? ""): an entry has no text at '\(key)'") }
        return (value, String(decoding: data, as: UTF8.self))
    }

    /// Follows a dotted path.
    private static func value(at path: String, in document: Any) -> Any? {
        path.split(separator: ".").reduce(document as Any?) { ($0 as? [String: Any])?[String($1)] }
    }
}
