import Foundation
import Glibc
import Patches
import RuleLanguage

/// Which files a path given by the operator stands for.
public enum RuleFiles {
    /// A rule file and the patch that it is of.
    struct Source {
        let file: String
        var patch: PatchIdentity?
    }

    /// The rule files behind a path: itself, the `.rules` files or patch packages of a folder, or what a pattern
    /// matches, always in the order of their names.
    /// - Throws: when there is no such file or folder.
    public static func files(_ path: String) throws(ConfigurationError) -> [String] { try expand(path).map(\.file) }

    /// - Returns: nothing for a pattern that matches no file.
    static func expand(_ path: String) throws(ConfigurationError) -> [Source] {
        guard !FileManager.default.fileExists(atPath: path) else { return try inPlace(path) }
        guard isPattern(path) else { throw ConfigurationError(file: path, message: "no such file or folder") }
        var result: [Source] = []
        for match in matches(path) { result += try inPlace(match) }
        return result
    }

    /// Each file once, where it comes first.
    /// - Returns: with what the operator should know: patterns that match nothing.
    static func expand(_ paths: [String]) throws(ConfigurationError) -> (sources: [Source], problems: [Diagnostic]) {
        var (sources, problems): ([Source], [Diagnostic]) = ([], [])
        var seen: Set<String> = []
        for path in paths {
            let found = try expand(path)
            if found.isEmpty, isPattern(path) {
                problems.append(
                    Diagnostic(
                        severity: .warning, code: .file, location: SourceLocation(file: path, line: 1, column: 1), sid: nil,
                        message: "no rule file matches this pattern", excerpt: nil))
            }
            sources += found.filter { seen.insert(URL(fileURLWithPath: $0.file).standardizedFileURL.path).inserted }
        }
        return (sources, problems)
    }

    private static func inPlace(_ path: String) throws(ConfigurationError) -> [Source] {
        guard Folders.isFolder(path) else { return [Source(file: path)] }
        let files = try names(in: path).filter { $0.hasSuffix(".rules") }.map { Source(file: "\(path)/\($0)") }
        return files.isEmpty ? try inPatches(path) : files
    }

    static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

    /// Paths that match a shell pattern, in the order of their bytes (glob(7)).
    private static func matches(_ pattern: String) -> [String] {
        var found = unsafe glob_t()
        // SAFETY: glob fills the list, which is freed once its strings are copied.
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
        let paths = (0..<Int(unsafe found.gl_pathc)).compactMap { index in
            unsafe found.gl_pathv[index].map { unsafe String(cString: $0) }
        }
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `ID/patch.rules` of each patch package in the folder, with what its `patch.yaml` says of it.
    static func inPatches(_ folder: String) throws(ConfigurationError) -> [Source] {
        var result: [Source] = []
        for name in try names(in: folder) {
            let package = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: "\(package)/patch.rules") else { continue }
            result.append(Source(file: "\(package)/patch.rules", patch: try identity(package, name)))
        }
        return result
    }

    private static func identity(_ package: String, _ name: String) throws(ConfigurationError) -> PatchIdentity {
        guard FileManager.default.fileExists(atPath: "\(package)/patch.yaml") else {
            return PatchIdentity(id: name, title: "", stage: .enforce, place: "\(package)/patch.rules")
        }
        do throws(PatchError) {
            return try PatchReader().identity(package, name: name)
        } catch {
            throw ConfigurationError(file: error.file, line: error.line, column: error.column, message: error.message)
        }
    }

    private static func names(in folder: String) throws(ConfigurationError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw ConfigurationError(file: folder, message: "the folder can't be read")
        }
    }
}
