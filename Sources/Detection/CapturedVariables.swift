public import RuleLanguage
import Wire

/// What a group of an expression held when its rule matched.
public struct CapturedVariable: Sendable {
    public let kind: PCRECapture.Kind
    public let name: String
    public let value: [UInt8]
    /// Longer values are cut.
    static let valueLimit = 4096
}

/// Bytes to put in place of others in the packet's payload (`replace`).
public struct Replacement: Sendable {
    public let offset: Int
    public let bytes: [UInt8]
}

extension PCREScratch {
    /// The variables that the last match fills.
    func values(of captures: [(number: Int, capture: PCRECapture)], in subject: Span<UInt8>) -> [CapturedVariable] {
        var result: [CapturedVariable] = []
        var key: String?
        for (number, capture) in captures {
            guard let range = group(number, of: subject.count) else { continue }
            let end = min(range.upperBound, range.lowerBound + CapturedVariable.valueLimit)
            let value = [UInt8](copying: subject.extracting(range.lowerBound..<end))
            if capture.isKey {
                key = String(decoding: value, as: UTF8.self)
            } else if let name = capture.name ?? key {
                result.append(CapturedVariable(kind: capture.kind, name: name, value: value))
            }
        }
        return result
    }
}

/// The variables of a packet or a flow: the last value counts.
final class VariableStore {
    /// Names that differ; only keys that come from the traffic can reach it.
    private static let limit = 256

    private(set) var values: [(name: String, value: [UInt8])] = []

    func set(_ variable: CapturedVariable) {
        if let place = values.firstIndex(where: { $0.name == variable.name }) {
            values[place].value = variable.value
        } else if values.count < Self.limit {
            values.append((variable.name, variable.value))
        }
    }

    func removeAll() { values.removeAll(keepingCapacity: true) }

    func holds(_ test: VariableTest) -> Bool {
        guard let value = values.first(where: { $0.name == test.name })?.value else { return false }
        return test.content.first(in: value.span, 0..<value.count, mustEnd: false) != nil
    }
}

/// `flowvar` and `pktvar`.
struct VariableTest: Sendable {
    let name: String
    let content: ContentSearch
    let isOfPacket: Bool

    init(_ option: VariableOption) {
        name = option.name
        content = ContentSearch(option.content, ignoresCase: false)
        isOfPacket = option.isOfPacket
    }
}

extension RPCOption {
    /// On TCP four bytes of record marking stand before the call (RFC 5531, section 11).
    func holds(_ bytes: Span<UInt8>, isStream: Bool) -> Bool {
        let start = isStream ? 4 : 0
        guard bytes.count >= start + 24 else { return false }
        func word(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[start + 4 * index + $1]) }
        }
        let (call, rpcVersion): (UInt32, UInt32) = (0, 2)
        return word(1) == call && word(2) == rpcVersion && word(3) == program
            && (version.map { word(4) == $0 } ?? true) && (procedure.map { word(5) == $0 } ?? true)
    }
}
