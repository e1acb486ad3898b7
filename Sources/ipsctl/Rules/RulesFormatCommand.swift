import ArgumentParser
import Foundation
import RuleLanguage
import Runtime

extension RulesCommand {
    struct Format: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes rule files in one canonical form.",
            discussion: """
                A rule on one line, one blank between its parts, its options in their order; comments stay, and rules \
                behind a # are formatted too. What rules mean does not change. With neither --check nor --write the \
                result goes to standard output. Exit status 1 with --check when a file is not in this form.

                Examples:
                  ipsctl rules format my.rules
                  ipsctl rules format --check /etc/rempart/rules
                  ipsctl rules format --write --modern my.rules
                  ipsctl rules format - < my.rules
                """)

        @Flag(help: "Write nothing; name the files that are not in this form.") var check = false
        @Flag(help: "Write the files in place.") var write = false
        @Flag(help: "Sticky buffers in place of the old modifiers, and today's names of buffers.") var modern = false
        @Argument(help: "Rule files, folders of them, patterns with * and ?, or - for standard input.") var paths: [String]

        func validate() throws {
            guard !(check && write) else { throw ValidationError("--check and --write exclude each other") }
            guard !write || !paths.contains("-") else { throw ValidationError("--write has no file to write for '-'") }
        }

        func run() throws {
            let formatter = RuleFormatter(isModern: modern)
            var changed = 0
            for file in try files() {
                let bytes = try read(file)
                let result = formatter.format(file: file == "-" ? "standard input" : file, bytes: bytes)
                for diagnostic in result.diagnostics { Console.note(diagnostic.description) }
                if !check, !write { FileHandle.standardOutput.write(Data(result.bytes)) }
                guard result.bytes != bytes else { continue }
                changed += 1
                if check { print(file) }
                if write { try replace(file, with: result.bytes) }
            }
            if check, changed > 0 { throw ExitCode(1) }
        }

        private func files() throws -> [String] {
            do {
                return try paths.flatMap { $0 == "-" ? ["-"] : try RuleFiles.files($0) }
            } catch let error as ConfigurationError {
                throw Failure.unusable(error.description)
            }
        }

        private func read(_ file: String) throws -> [UInt8] {
            if file == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
            do {
                return try TextFile.bytes(file)
            } catch {
                throw Failure.unusable(error.description)
            }
        }

        /// Whole or not at all; a link is followed, and who may read the file stays.
        private func replace(_ file: String, with bytes: [UInt8]) throws {
            let target = URL(fileURLWithPath: file).resolvingSymlinksInPath()
            do {
                let mode = try FileManager.default.attributesOfItem(atPath: target.path)[.posixPermissions]
                try Data(bytes).write(to: target, options: .atomic)
                if let mode { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: target.path) }
            } catch {
                throw Failure.unusable("\(file): can't be written (\(error.localizedDescription))")
            }
        }
    }
}
