import ArgumentParser

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Checks, explains and formats rule files; lists what rules cost.",
        discussion: """
            Examples:
              ipsctl rules check /etc/rempart/rules
              ipsctl rules analyze my.rules
              ipsctl rules format --write my.rules
              ipsctl rules top
              ipsctl rules list-keywords
            """,
        subcommands: [Check.self, Analyze.self, Format.self, Top.self, ListKeywords.self])
}
