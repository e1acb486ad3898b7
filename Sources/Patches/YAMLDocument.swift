import RuleLanguage
import Yams

/// A YAML file whose values are read strictly, with the place of each.
struct YAMLDocument {
    let file: String
    /// nil for an empty file.
    let root: Node?

    init(file: String, text: String) throws(PatchError) {
        self.file = file
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Self.failure(error, file)
        }
    }

    private static func failure(_ error: any Error, _ file: String) -> PatchError {
        func at(_ mark: Mark?, _ problem: String) -> PatchError {
            PatchError(file: file, line: mark?.line, column: mark?.column, message: "not YAML: \(problem)")
        }
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            return at(mark, problem)
        case .duplicatedKeysInMapping(let names, let context):
            return PatchError(
                file: file, line: context.mark.line, column: context.mark.column,
                message: "the same key twice: \(names.sorted().joined(separator: ", "))")
        case .reader(let problem, _, _, _): return at(nil, problem)
        default: return at(nil, "\(error)")
        }
    }

    func error(_ node: Node?, _ message: String) -> PatchError {
        PatchError(file: file, line: node?.mark?.line, column: node?.mark?.column, message: message)
    }

    /// The values of a mapping by key.
    /// - Throws: when it is none, or has a key that is not in `known`.
    func mapping(_ node: Node, _ what: String, keys known: [String]) throws(PatchError) -> [String: Node] {
        guard let mapping = node.mapping else { throw error(node, "\(what): expected KEY: VALUE lines") }
        var result: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.string ?? "?"
            guard known.contains(name) else {
                let guess = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
                throw error(key, "\(what): unknown key \(name)\(guess) (known: \(known.joined(separator: ", ")))")
            }
            result[name] = value
        }
        return result
    }

    /// The elements of a list; a key without a value is an empty one.
    func elements(_ node: Node, _ what: String) throws(PatchError) -> [Node] {
        if let sequence = node.sequence { return Array(sequence) }
        guard let scalar = node.scalar, isNothing(scalar) else { throw error(node, "\(what): expected a list") }
        return []
    }

    private func isNothing(_ scalar: Node.Scalar) -> Bool {
        (scalar.style == .plain || scalar.style == .any) && ["", "~", "null"].contains(scalar.string)
    }

    func string(_ node: Node, _ what: String) throws(PatchError) -> String {
        guard let scalar = node.scalar, !scalar.string.isEmpty, !isNothing(scalar) else {
            throw error(node, "\(what): expected a value")
        }
        return scalar.string
    }

    func glob(_ node: Node, _ what: String) throws(PatchError) -> Glob {
        guard let glob = Glob(try string(node, what)) else {
            throw error(node, "\(what): longer than \(Glob.limitBytes) bytes")
        }
        return glob
    }

    /// One pattern or a list of them.
    func globs(_ node: Node, _ what: String) throws(PatchError) -> [Glob] {
        guard let sequence = node.sequence else { return [try glob(node, what)] }
        var result: [Glob] = []
        for element in sequence { result.append(try glob(element, what)) }
        guard !result.isEmpty else { throw error(node, "\(what): expected at least one name or pattern") }
        return result
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: Node, _ what: String, _ type: Choice.Type
    ) throws(PatchError) -> Choice where Choice.RawValue == String {
        let text = try string(node, what)
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue)
            let guess = Spelling.nearest(to: text, among: names).map { "; did you mean \($0)?" } ?? ""
            throw error(node, "\(what): '\(text)' is none of \(names.joined(separator: ", "))\(guess)")
        }
        return choice
    }
}
