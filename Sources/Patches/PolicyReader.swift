import Foundation
import RuleLanguage
import Yams

/// Reads a policy. Strict: an unknown key, a missing one or a wrong value is an error with file, line and column.
public struct PolicyReader {
    /// Larger files are refused.
    static let limitBytes = 4 << 20
    /// Lines and exceptions, each.
    static let limitEntries = 10_000
    /// Days on which lines end: what holds is worked out for each time between them.
    static let limitDays = 366

    private let document: YAMLDocument

    /// - Throws: `PatchError`, also when the file can't be read.
    public static func read(_ file: String) throws(PatchError) -> Policy {
        try policy(file: file, text: try text(file))
    }

    static func text(_ file: String) throws(PatchError) -> String {
        func failure(_ message: String) -> PatchError { PatchError(file: file, line: nil, column: nil, message: message) }
        guard FileManager.default.fileExists(atPath: file) else { throw failure("no such file") }
        guard let handle = FileHandle(forReadingAtPath: file) else { throw failure("can't be read") }
        defer { try? handle.close() }
        let data: Data
        do { data = try handle.read(upToCount: limitBytes + 1) ?? Data() } catch { throw failure("can't be read") }
        guard data.count <= limitBytes else { throw failure("larger than \(limitBytes >> 20) MiB") }
        guard let text = String(validating: data, as: UTF8.self) else { throw failure("not UTF-8 text") }
        return text
    }

    /// - Parameter file: for messages and events.
    public static func policy(file: String, text: String) throws(PatchError) -> Policy {
        try PolicyReader(document: YAMLDocument(file: file, text: text)).policy()
    }

    private func policy() throws(PatchError) -> Policy {
        var policy = Policy()
        policy.file = document.file
        guard let root = document.root else { return policy }
        let keys = try document.mapping(root, "policy", keys: ["version", "patches", "exceptions"])
        if let version = keys["version"], try document.string(version, "version") != "1" {
            throw document.error(version, "version: expected 1, the only one there is")
        }
        if let node = keys["patches"] {
            for entry in try entries(node, "patches") { policy.lines.append(try line(entry)) }
            guard Set(policy.lines.compactMap(\.until)).count <= Self.limitDays else {
                throw document.error(node, "patches: lines end on more than \(Self.limitDays) different days")
            }
        }
        if let node = keys["exceptions"] {
            for entry in try entries(node, "exceptions") { policy.exceptions.append(try exception(entry)) }
        }
        return policy
    }

    private func entries(_ node: Node, _ what: String) throws(PatchError) -> [Node] {
        let entries = try document.elements(node, what)
        guard entries.count <= Self.limitEntries else {
            throw document.error(node, "\(what): more than \(Self.limitEntries) entries")
        }
        return entries
    }

    private func line(_ node: Node) throws(PatchError) -> PolicyLine {
        let keys = try document.mapping(node, "patches", keys: ["patch", "where", "stage", "canary", "reason", "until"])
        guard let patch = keys["patch"] else { throw document.error(node, "patches: expected a patch: its id, or a pattern such as class-*") }
        guard let stage = keys["stage"] else { throw document.error(node, "patches: expected a stage: off, shadow, canary or enforce") }
        var line = PolicyLine(
            patch: try document.glob(patch, "patch"), selector: try selector(keys["where"]),
            stage: try document.choice(stage, "stage", PatchPackage.Stage.self))
        if let canary = keys["canary"] {
            guard line.stage == .canary else { throw document.error(canary, "canary: means nothing with stage \(line.stage.rawValue)") }
            line.canary = try self.canary(canary)
        }
        line.reason = try keys["reason"].map { node throws(PatchError) in try document.string(node, "reason") }
        line.until = try keys["until"].map { node throws(PatchError) in try day(node) }
        line.location = location(node)
        return line
    }

    private func exception(_ node: Node) throws(PatchError) -> PolicyException {
        let keys = try document.mapping(
            node, "exceptions", keys: ["patch", "sid", "where", "path", "source", "until", "reason"])
        guard let until = keys["until"] else { throw document.error(node, "exceptions: expected until: the last day, such as 2026-12-31") }
        guard let reason = keys["reason"] else { throw document.error(node, "exceptions: expected a reason") }
        var exception = PolicyException(
            subject: try subject(keys, node), selector: try selector(keys["where"]), until: try day(until),
            reason: try document.string(reason, "reason"))
        if let path = keys["path"] {
            let glob = try document.glob(path, "path")
            guard glob.text.hasPrefix("/") || glob.text.hasPrefix("*") else {
                throw document.error(path, "path: expected a pattern that begins with / or *, found '\(glob.text)'")
            }
            exception.path = glob
        }
        if let source = keys["source"] {
            let text = try document.string(source, "source")
            guard let range = AddressRange(text: text) else {
                throw document.error(source, "source: expected an address or a network such as 198.18.4.0/24, found '\(text)'")
            }
            (exception.source, exception.sourceText) = (range, text)
        }
        exception.location = location(node)
        return exception
    }

    private func subject(_ keys: [String: Node], _ node: Node) throws(PatchError) -> PolicyException.Subject {
        switch (keys["patch"], keys["sid"]) {
        case (let patch?, nil): return .patch(try document.glob(patch, "patch"))
        case (nil, let sid?):
            guard let number = UInt32(try document.string(sid, "sid")), number > 0 else {
                throw document.error(sid, "sid: expected a rule's number")
            }
            return .sid(number)
        default: throw document.error(node, "exceptions: expected a patch or a sid, and one of them only")
        }
    }

    private func selector(_ node: Node?) throws(PatchError) -> ContainerSelector {
        var selector = ContainerSelector()
        guard let node else { return selector }
        let keys = try document.mapping(node, "where", keys: ContainerSelector.keys)
        func globs(_ key: String) throws(PatchError) -> [Glob] {
            guard let node = keys[key] else { return [] }
            return try document.globs(node, "where.\(key)")
        }
        selector.container = try globs("container")
        selector.image = try globs("image")
        selector.digest = try globs("digest")
        selector.pod = try globs("pod")
        selector.namespace = try globs("namespace")
        selector.project = try globs("project")
        guard let label = keys["label"] else { return selector }
        guard let labels = label.mapping, !labels.isEmpty else {
            throw document.error(label, "where.label: expected labels with their values, such as {app: shop}")
        }
        for (key, value) in labels {
            selector.labels.append(
                .init(key: try document.string(key, "where.label"), values: try document.globs(value, "where.label")))
        }
        return selector
    }

    private func canary(_ node: Node) throws(PatchError) -> PolicyCanary {
        let keys = try document.mapping(node, "canary", keys: ["share", "replicas"])
        switch (keys["share"], keys["replicas"]) {
        case (let share?, nil):
            guard let parts = Self.parts(try document.string(share, "share")) else {
                throw document.error(share, "share: expected a part of the flows such as 10%, above 0% and at most 100%")
            }
            return .share(parts)
        case (nil, let replicas?):
            guard let count = Int(try document.string(replicas, "replicas")), (1...10_000).contains(count) else {
                throw document.error(replicas, "replicas: expected how many containers, 1 to 10000")
            }
            return .replicas(count)
        default: throw document.error(node, "canary: expected a share or replicas, and one of them only")
        }
    }

    /// `10%`, `2.5%`, `0.25%` as parts of 10,000.
    public static func parts(_ text: String) -> UInt16? {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...2).contains(parts.count), !whole.isEmpty,
            parts.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }), let percent = UInt16(whole), percent <= 100
        else { return nil }
        var hundredths: UInt16 = 0
        if parts.count == 2 {
            guard (1...2).contains(parts[1].utf8.count), let digits = UInt16(parts[1]) else { return nil }
            hundredths = parts[1].utf8.count == 1 ? digits * 10 : digits
        }
        let result = percent * 100 + hundredths
        return (1...10_000).contains(result) ? result : nil
    }

    private func day(_ node: Node) throws(PatchError) -> PolicyDay {
        let text = try document.string(node, "until")
        guard let day = PolicyDay(text) else {
            throw document.error(node, "until: expected a day such as 2026-12-31, found '\(text)'")
        }
        return day
    }

    private func location(_ node: Node) -> SourceLocation {
        SourceLocation(file: document.file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
    }
}
