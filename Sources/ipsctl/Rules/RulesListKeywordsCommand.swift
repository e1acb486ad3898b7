import ArgumentParser
import RuleLanguage

extension RulesCommand {
    struct ListKeywords: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list-keywords",
            abstract: "Prints the keywords of the rule language: name, kind, protocol, support; tabs between them.")

        func run() {
            for entry in KeywordTable.entries {
                print("\(entry.name)\t\(entry.kind.rawValue)\t\(entry.appProtocol ?? "-")\t\(entry.support.rawValue)")
            }
        }
    }
}
