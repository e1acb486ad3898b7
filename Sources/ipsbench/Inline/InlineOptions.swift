import ArgumentParser

/// How `ipsbench inline` measures.
struct InlineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Queue numbers; one thread for each.", valueName: "n[-m]")) var queues = "0"
    @Option(help: "Seconds of each load.") var seconds = 2
    @Option(help: "Rounds; each takes every set-up through every load.") var rounds = 3
    @OptionGroup var rules: RuleOptions
    @Flag(help: "ipsd writes its events to a file.") var events = false
    @Option(help: ArgumentHelp("Another ipsd than the one beside this program.", valueName: "path")) var ipsd: String?

    var programs: ProgramPaths {
        var paths = ProgramPaths()
        if let ipsd { paths.ipsd = ipsd }
        return paths
    }

    func validate() throws {
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds: expected 1 to 3600") }
        guard rounds > 0, rounds <= 1000 else { throw ValidationError("--rounds: expected 1 to 1000") }
    }
}
