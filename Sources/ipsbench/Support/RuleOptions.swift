import ArgumentParser
import RuleLanguage
import Runtime

/// Which rules are measured with.
struct RuleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A rule file or a folder of them; may be repeated.", valueName: "path"))
    var rules: [String] = []
    @Option(
        help: ArgumentHelp(
            "A folder of patch packages; the shipped ones when neither this nor --rules is given.", valueName: "folder"))
    var patches: String?

    func configuration() -> Runtime.Configuration {
        var configuration = Runtime.Configuration()
        configuration.rulePaths = rules
        configuration.patchesPath = patches ?? (rules.isEmpty ? ShippedPatches.folder : nil)
        return configuration
    }

    func load() throws -> RuleLoader.Result {
        do {
            let result = try RuleLoader(configuration: configuration()).load(previous: nil)
            for diagnostic in result.diagnostics { Console.note(diagnostic.description) }
            return result
        } catch {
            throw Failure.unusable(error.description)
        }
    }
}
