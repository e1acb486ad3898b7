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
        var missing = 0
        for document in documents where document.contains(where: { $0 > 0x20 }) {
            guard let parsed = try? JSONSerialization.jsonObject(with: Data(document)) else {
                throw .init(message: "\(option.load ?? ""): not JSON")
            }
            for object in try objects(parsed, option) {
                if let entry = entry(object, option) { result.append(entry) } else { missing += 1 }
            }
        }
        // Some entries may say nothing of what is asked for.
        guard missing == 0 || !result.isEmpty else {
            throw .init(message: "\(option.load ?? ""): no entry has a text at '\(option.valueKey ?? "")'")
        }
        return result
    }

    private static func objects(_ document: Any, _ option: DatasetOption) throws(CompilerOptions.FileFailure) -> [Any] {
        let found: Any? = if let key = option.arrayKey { value(at: key, in: document) } else { document }
        if let array = found as? [Any] { return array }
        if let object = found as? [String: Any] { return [object] }
        throw .init(message: "\(option.load ?? ""): there is no array\(option.arrayKey.map { " at '\($0)'" } ?? "")")
    }

    private static func entry(_ object: Any, _ option: DatasetOption) -> (value: String, object: String)? {
        let path = (option.valueKey ?? "").split(separator: ".").map(String.init)[...]
        guard let value = value(at: option.valueKey ?? "", in: object) as? String,
            let data = try? JSONSerialization.data(
                withJSONObject: option.removesKey ? removing(path, from: object) : object,
                options: [.sortedKeys, .withoutEscapingSlashes])
        else { return nil }
        return (value, String(decoding: data, as: UTF8.self))
    }

    private static func removing(_ path: ArraySlice<String>, from object: Any) -> Any {
        guard var members = object as? [String: Any], let key = path.first else { return object }
        members[key] = path.count == 1 ? nil : members[key].map { removing(path.dropFirst(), from: $0) }
        return members
    }

    /// Follows a dotted path.
    private static func value(at path: String, in document: Any) -> Any? {
        path.split(separator: ".").reduce(document as Any?) { ($0 as? [String: Any])?[String($1)] }
    }
}
