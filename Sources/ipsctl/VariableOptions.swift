import ArgumentParser
import Runtime

/// What rules are read with: configuration file, variables, Suricata's settings.
struct VariableOptions: ParsableArguments {
    @Option(help: "Configuration file (YAML, as ipsd's).") var config: String?
    @Option(help: ArgumentHelp("HOME_NET, as in rules: an address, a list, or any.", valueName: "list"))
    var homeNet: String?
    @Option(help: ArgumentHelp("EXTERNAL_NET.", valueName: "list")) var externalNet: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A setting by Suricata's dotted name; may be repeated.", valueName: "key=value"))
    var settings: [String] = []
    @Option(help: ArgumentHelp("A suricata.yaml, or JSON with its settings in dotted keys.", valueName: "file"))
    var suricataSettings: String?

    func configuration() throws -> Configuration {
        var configuration = Configuration()
        do {
            if let config { try ConfigurationReader(file: config).read(into: &configuration) }
            if let suricataSettings {
                var settings = try SuricataSettings(file: suricataSettings)
                try settings.apply(to: &configuration)
                warn(settings.unknownKeys, in: suricataSettings)
            }
            if !settings.isEmpty {
                var given = try SuricataSettings(assignments: settings)
                try given.apply(to: &configuration)
                guard given.unknownKeys.isEmpty else {
                    throw Failure.unusable("--set: unknown setting \(given.unknownKeys.joined(separator: ", "))")
                }
            }
        } catch let error as ConfigurationError {
            throw Failure.unusable(error.description)
        }
        if let homeNet { configuration.addressGroups.append(("HOME_NET", homeNet)) }
        if let externalNet { configuration.addressGroups.append(("EXTERNAL_NET", externalNet)) }
        return configuration
    }

    /// Loads `paths` with these variables.
    func load(_ paths: [String]) throws -> RuleLoader.Result {
        var configuration = try configuration()
        configuration.rulePaths = paths
        return try load(configuration)
    }

    func load(_ configuration: Configuration) throws -> RuleLoader.Result {
        do {
            return try RuleLoader(configuration: configuration).load(previous: nil)
        } catch {
            throw Failure.unusable(error.description)
        }
    }

    private func warn(_ keys: [String], in file: String) {
        guard !keys.isEmpty else { return }
        Console.note("\(file): settings that mean nothing here: \(keys.joined(separator: ", "))")
    }
}
