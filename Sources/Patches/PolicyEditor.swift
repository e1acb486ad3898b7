import Foundation
import RuleLanguage
import Yams

/// Changes a policy in place: what is not meant stays as it was written, comments among them.
///
/// Entries must be block style, each beginning on a line of its own; `[…]` on one line is refused unless it is empty.
/// After each change the text is read again and compared: what was not meant says the same as before, else the change
/// is refused and nothing has changed.
public struct PolicyEditor {
    public let file: String
    public private(set) var text: String
    public private(set) var policy: Policy

    public enum Section: String, Sendable { case patches, exceptions }

    /// - Throws: when `text` is not a policy.
    public init(file: String, text: String) throws(PatchError) {
        self.file = file
        // One character in Swift, which would not be a line's end.
        let text = text.replacing("\r\n", with: "\n")
        self.text = text
        policy = try PolicyReader.policy(file: file, text: text)
    }

    /// A file that is not there is an empty policy.
    public init(file: String) throws(PatchError) {
        let exists = FileManager.default.fileExists(atPath: file)
        try self.init(file: file, text: exists ? try PolicyReader.text(file) : "")
    }

    /// Behind the other lines, so that it counts over them.
    public mutating func append(_ line: PolicyLine) throws(PatchError) {
        try append(line.members, to: .patches, expecting: Gist(policy).changed(.patches) { $0.append(line.members) })
    }

    public mutating func append(_ exception: PolicyException) throws(PatchError) {
        try append(exception.members, to: .exceptions, expecting: Gist(policy).changed(.exceptions) { $0.append(exception.members) })
    }

    /// Puts another line in the place of `policy.lines[index]`; comments between its keys are lost where keys go away.
    public mutating func replace(_ index: Int, with line: PolicyLine) throws(PatchError) {
        try replace(
            policy.lines[index].location, .patches, with: line.members,
            expecting: Gist(policy).changed(.patches) { $0[index] = line.members })
    }

    public mutating func removeLine(_ index: Int) throws(PatchError) {
        try replace(
            policy.lines[index].location, .patches, with: [], expecting: Gist(policy).changed(.patches) { $0.remove(at: index) })
    }

    public mutating func removeException(_ index: Int) throws(PatchError) {
        try replace(
            policy.exceptions[index].location, .exceptions, with: [],
            expecting: Gist(policy).changed(.exceptions) { $0.remove(at: index) })
    }

    /// Puts the text in the place of the file in one step.
    public func write() throws(PatchError) {
        do {
            let url = URL(fileURLWithPath: file)
            try Data(text.utf8).write(to: url, options: .atomic)
        } catch {
            throw PatchError(file: file, line: nil, column: nil, message: "can't be written: \(error.localizedDescription)")
        }
    }

    // MARK: Lines of text

    private var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// What a policy says, each entry as it would be written.
    private struct Gist: Equatable {
        private var entries: [Section: [[String]]]

        init(_ policy: Policy) { entries = [.patches: policy.lines.map(\.members), .exceptions: policy.exceptions.map(\.members)] }

        func changed(_ section: Section, _ change: (inout [[String]]) -> Void) -> Gist {
            var gist = self
            change(&gist.entries[section, default: []])
            return gist
        }
    }

    private mutating func take(_ lines: [String], expecting gist: Gist) throws(PatchError) {
        var text = lines.joined(separator: "\n")
        if !text.hasSuffix("\n") { text += "\n" }
        guard let policy = try? PolicyReader.policy(file: file, text: text), Gist(policy) == gist else {
            throw PatchError(file: file, line: nil, column: nil, message: Self.refusal)
        }
        self.policy = policy
        self.text = text
    }

    private static let refusal = "can't be changed by a program: expected each entry on lines of its own, begun with '- '"

    private mutating func append(_ members: [String], to section: Section, expecting gist: Gist) throws(PatchError) {
        var lines = lines
        while lines.last == "" { lines.removeLast() }
        guard let (key, value, next) = try place(of: section) else {
            if !lines.isEmpty { lines.append("") }
            return try take(lines + ["\(section.rawValue):", members.entry(indentation: 2)], expecting: gist)
        }
        let elements = Array(value.sequence ?? [])
        guard let first = elements.first?.mark else {
            guard lines.indices.contains(key - 1) else { throw refusal(value) }
            lines[key - 1] = "\(section.rawValue):" + comment(of: lines[key - 1])
            lines.insert(members.entry(indentation: 2), at: key)
            return try take(lines, expecting: gist)
        }
        try checkStyle(value, first.line, key)
        // YAML knows other line ends than this text does.
        guard lines.indices.contains(first.line - 1), end(before: next, lines) >= first.line else { throw refusal(value) }
        lines.insert(members.entry(indentation: indentation(lines[first.line - 1])), at: end(before: next, lines))
        try take(lines, expecting: gist)
    }

    private mutating func replace(
        _ location: SourceLocation, _ section: Section, with members: [String], expecting gist: Gist
    ) throws(PatchError) {
        guard let (key, value, next) = try place(of: section) else { return }
        try checkStyle(value, location.line, key)
        let starts = (value.sequence ?? []).compactMap { $0.mark?.line }
        var lines = lines
        let following = starts.filter { $0 > location.line }.min()
        var last = following.map { $0 - 1 } ?? end(before: next, lines)
        guard location.line <= last, last <= lines.count, key < location.line else { throw refusal(value) }
        // Comments above the next entry are that entry's.
        while last > location.line, lines[last - 1].allSatisfy({ $0 == " " }) || lines[last - 1].drop(while: { $0 == " " }).hasPrefix("#") {
            last -= 1
        }
        let old = Array(lines[(location.line - 1)..<last])
        lines.replaceSubrange((location.line - 1)..<last, with: merge(old, members, indentation: indentation(old[0])))
        if members.isEmpty, starts.count == 1 { lines[key - 1] = "\(section.rawValue): []" + comment(of: lines[key - 1]) }
        try take(lines, expecting: gist)
    }

    /// The entry's new lines; of keys that stay as they are the old ones, with their comments.
    private func merge(_ old: [String], _ members: [String], indentation: Int) -> [String] {
        guard !members.isEmpty else { return [] }
        let margin = String(repeating: " ", count: indentation)
        func body(_ line: String) -> String {
            var rest = line[...].drop { $0 == " " }
            if rest.hasPrefix("- ") { rest = rest.dropFirst(2).drop { $0 == " " } }
            return String(rest)
        }
        var kept = old.map(body)
        var result: [String] = []
        for member in members {
            let key = member.prefix { $0 != ":" } + ":"
            if let place = kept.firstIndex(where: { $0.hasPrefix(key) }) {
                let rest = kept[place].dropFirst(member.count)
                let isSame = kept[place].hasPrefix(member) && (rest.isEmpty || rest.first == " " && rest.drop { $0 == " " }.hasPrefix("#"))
                result.append(isSame ? kept[place] : member + comment(of: kept[place]))
                kept.remove(at: place)
            } else {
                result.append(member)
            }
        }
        let comments = kept.filter { $0.hasPrefix("#") }.map { "\(margin)  \($0)" }
        return [result.entry(indentation: indentation)] + comments
    }

    private func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }

    /// ` # …` at a line's end; none is found in a line with quotes, where it may be part of a value.
    private func comment(of line: String) -> String {
        guard !line.contains("\""), !line.contains("'"), let place = line.range(of: " #") else { return "" }
        var start = place.lowerBound
        while start > line.startIndex, line[line.index(before: start)] == " " { start = line.index(before: start) }
        return String(line[start...])
    }

    /// The line of a section's key, its value, and the line of the key after it (nil at the end).
    private func place(of section: Section) throws(PatchError) -> (key: Int, value: Node, next: Int?)? {
        guard let root = try YAMLDocument(file: file, text: text).root?.mapping else { return nil }
        let starts = root.compactMap { $0.key.mark?.line }
        for (key, value) in root where key.string == section.rawValue {
            guard let line = key.mark?.line else { return nil }
            return (line, value, starts.filter { $0 > line }.min())
        }
        return nil
    }

    private func checkStyle(_ value: Node, _ entry: Int, _ key: Int) throws(PatchError) {
        guard let sequence = value.sequence, sequence.style != .flow, entry > key else { throw refusal(value) }
    }

    private func refusal(_ value: Node) -> PatchError {
        PatchError(file: file, line: value.mark?.line, column: value.mark?.column, message: Self.refusal)
    }

    /// How many lines belong to a section that ends before line `next`: without the blank lines and comments at its end
    /// that stand at the margin.
    private func end(before next: Int?, _ lines: [String]) -> Int {
        var count = min(next.map { $0 - 1 } ?? lines.count, lines.count)
        while count > 0, lines[count - 1].allSatisfy({ $0 == " " }) || lines[count - 1].hasPrefix("#") { count -= 1 }
        return count
    }
}
