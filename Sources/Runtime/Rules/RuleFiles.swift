import Foundation
import Patches

/// Which files a path given by the operator stands for.
enum RuleFiles {
    /// A rule file and what its rules may do.
    struct Source {
        let file: String
        var stage = PatchPackage.Stage.enforce
    }

    static func expand(_ path: String) throws(ConfigurationError) -> [Source] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ConfigurationError(file: path, message: "no such file or folder")
        }
        guard Folders.isFolder(path) else { return [Source(file: path)] }
        let files = try names(in: path).filter { $0.hasSuffix(".rules") }.map { Source(file: "\(path)/\($0)") }
        return files.isEmpty ? try inPatches(path) : files
    }

    /// `ID/patch.rules` of each patch package in the folder, in the stage that its `patch.yaml` says.
    static func inPatches(_ folder: String) throws(ConfigurationError) -> [Source] {
        var result: [Source] = []
        for name in try names(in: folder) {
            let package = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: "\(package)/patch.rules") else { continue }
            result.append(Source(file: "\(package)/patch.rules", stage: try stage(package)))
        }
        return result
    }

    private static func stage(_ package: String) throws(ConfigurationError) -> PatchPackage.Stage {
        guard FileManager.default.fileExists(atPath: "\(package)/patch.yaml") else { return .enforce }
        do throws(PatchError) {
            return try PatchReader().stage(package)
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
