import AppLayer
import RuleLanguage

/// The changes that a rule makes to a buffer before it looks into it, in order
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/transforms.html).
struct TransformChain: Sendable {
    let transforms: [Transform]
    private let operations: [TransformOperation]

    static let none = TransformChain()
    var isEmpty: Bool { transforms.isEmpty }

    private init() {
        transforms = []
        operations = []
    }

    init(_ transforms: [Transform], _ options: CompilerOptions) throws(TransformOperation.Failure) {
        var operations: [TransformOperation] = []
        for transform in transforms { operations.append(try TransformOperation(transform, options)) }
        self.transforms = transforms
        self.operations = operations
    }

    /// Bytes that follow leave what they made of the others as it is, `GrowingBody` follows them.
    var isURLDecode: Bool {
        guard operations.count == 1, case .urlDecode = operations[0] else { return false }
        return true
    }

    /// nil when a transform can't be made of these bytes: nothing is looked at then.
    func apply(to bytes: [UInt8], _ scratch: PCREScratch) -> [UInt8]? {
        var bytes = bytes
        for operation in operations {
            guard let next = operation.apply(to: bytes, scratch) else { return nil }
            bytes = next
        }
        return bytes
    }
}

extension TransformChain: Hashable {
    static func == (a: TransformChain, b: TransformChain) -> Bool { a.transforms == b.transforms }
    func hash(into hasher: inout Hasher) { hasher.combine(transforms) }
}
