import RuleLanguage
import Synchronization
import Wire

/// A named set of values that rules ask and fill; shared by the workers and kept over reloads.
public final class Dataset: Sendable {
    let name: String
    let type: DatasetOption.ValueType
    private let values: Mutex<[[UInt8]: Value]>
    /// Values that rules may add.
    private static let capacity = 1 << 20

    struct Value {
        var score: UInt64?
        /// A JSON object.
        var context: String?
    }

    struct Failure: Error { let message: String }

    init(name: String, type: DatasetOption.ValueType, values: [[UInt8]: Value]) {
        self.name = name
        self.type = type
        self.values = Mutex(values)
    }

    /// The value that `bytes` of a buffer stand for; nil when they can't be one.
    func key(_ bytes: [UInt8]) -> [UInt8]? {
        switch type {
        case .string: bytes
        case .md5: Self.digest(bytes, 16)
        case .sha256: Self.digest(bytes, 32)
        case .ipv4: bytes.count == 4 ? bytes : nil
        case .ip: bytes.count == 4 ? Self.mapped + bytes : bytes.count == 16 ? bytes : nil
        }
    }

    func find(_ key: [UInt8], matchesSubdomains: Bool) -> Value? {
        values.withLock { values in
            if let value = values[key] { return value }
            guard matchesSubdomains else { return nil }
            var rest = key[...]
            while let dot = rest.dropFirst().firstIndex(of: UInt8(ascii: ".")) {
                rest = rest[dot...]
                if let value = values[Array(rest)] ?? values[Array(rest.dropFirst())] { return value }
            }
            return nil
        }
    }

    /// - Returns: whether the value is new.
    func insert(_ key: [UInt8]) -> Bool {
        values.withLock { values in
            guard values[key] == nil, values.count < Self.capacity else { return false }
            values[key] = Value()
            return true
        }
    }

    /// - Returns: whether the value was there.
    func remove(_ key: [UInt8]) -> Bool { values.withLock { $0.removeValue(forKey: key) != nil } }

    /// IPv4 in IPv6 (RFC 4291, section 2.5.5.2).
    private static let mapped: [UInt8] = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// A hash as bytes or as hexadecimal digits.
    private static func digest(_ bytes: [UInt8], _ count: Int) -> [UInt8]? {
        if bytes.count == count { return bytes }
        guard bytes.count == 2 * count else { return nil }
        return [UInt8](hexadecimal: bytes[...])
    }

    /// A value as list files write it: base64 for strings, hexadecimal digits for hashes.
    static func value(_ text: ArraySlice<UInt8>, _ type: DatasetOption.ValueType, isPlain: Bool) -> [UInt8]? {
        switch type {
        case .string: return isPlain ? Array(text) : Base64.decode(text)
        case .md5: return [UInt8](hexadecimal: text).flatMap { $0.count == 16 ? $0 : nil }
        case .sha256: return [UInt8](hexadecimal: text).flatMap { $0.count == 32 ? $0 : nil }
        case .ipv4, .ip:
            guard let address = IPAddress(String(decoding: text, as: UTF8.self)) else { return nil }
            if type == .ipv4 { return address.family == .ipv4 ? address.networkBytes : nil }
            return address.family == .ipv4 ? mapped + address.networkBytes : address.networkBytes
        }
    }

    /// Lines of `value` or `value,score`.
    static func lines(
        _ bytes: [UInt8], _ option: DatasetOption, _ type: DatasetOption.ValueType
    ) throws(Failure) -> [[UInt8]: Value] {
        var values: [[UInt8]: Value] = [:]
        var isScored: Bool?
        let needsScore = if case .reputation = option.operation { true } else { false }
        for (number, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let text = line.filter { $0 > 0x20 }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let parts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            guard let value = Self.value(parts[0], type, isPlain: false) else {
                throw Failure(message: "\(option.load ?? ""):\(number + 1): not a value of type \(type.rawValue)")
            }
            let score = parts.count > 1 ? UInt64(String(decoding: parts[1], as: UTF8.self)) : nil
            guard !needsScore || score != nil else {
                throw Failure(message: "\(option.load ?? ""):\(number + 1): expected 'value,score'")
            }
            guard let isScored, isScored != (parts.count > 1) else {
                isScored = parts.count > 1
                values[value] = Value(score: score)
                continue
            }
            throw Failure(
                message: "\(option.load ?? ""):\(number + 1): values with and without a score can't be mixed in the dataset '\(option.name)'")
        }
        return values
    }
}

/// A dataset as one rule uses it.
struct DatasetTest: Sendable {
    let dataset: Dataset
    let option: DatasetOption

    /// The test holds.
    struct Outcome {
        /// The JSON object that goes with the value.
        var context: (key: String, json: String)?
    }

    /// - Returns: nil when it does not hold.
    func outcome(_ bytes: [UInt8]) -> Outcome? {
        guard let key = dataset.key(bytes) else { return nil }
        switch option.operation {
        case .set: return dataset.insert(key) ? Outcome() : nil
        case .unset: return dataset.remove(key) ? Outcome() : nil
        case .isNotSet: return dataset.find(key, matchesSubdomains: option.matchesSubdomains) == nil ? Outcome() : nil
        case .isSet:
            guard let value = dataset.find(key, matchesSubdomains: option.matchesSubdomains) else { return nil }
            guard let name = option.contextKey, let json = value.context else { return Outcome() }
            return Outcome(context: (name, json))
        case .reputation(let test):
            guard let score = dataset.find(key, matchesSubdomains: false)?.score, test.holds(score) else { return nil }
            return Outcome()
        }
    }
}
