import ArgumentParser
import Patches
import RuleLanguage
import Runtime

extension PolicyCommand {
    struct Except: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds an exception to a policy; the rest of the file stays as it is.",
            discussion: """
                ipsd takes it up with the next 'ipsctl reload'.

                Examples:
                  ipsctl policy except --patch log4shell --path '/search*' --until 2026-12-31 --reason "search for \\${"
                  ipsctl policy except --sid 5910003 --where project=shop --where label=app=cart --source 198.18.4.0/24 \
                --until 2026-12-31 --reason "false alarm" --dry-run policy.yaml
                """)

        @Option(help: "A patch's id, or a pattern.") var patch: String?
        @Option(help: "A rule's number.") var sid: UInt32?
        @Option(
            name: .customLong("where"),
            help: ArgumentHelp("Which containers: container, image, digest, pod, namespace, project, or label=KEY=VALUE; may be repeated.", valueName: "key=value"))
        var selectors: [String] = []
        @Option(help: "Pattern for the request's path.") var path: String?
        @Option(help: ArgumentHelp("Address, network or range of the client.", valueName: "network")) var source: String?
        @Option(help: ArgumentHelp("The last day, UTC.", valueName: "yyyy-mm-dd")) var until: String
        @Option(help: "Why; it stands in each alert.") var reason: String
        @Flag(help: "Print the exception and change nothing.") var dryRun = false
        @Argument(help: "The policy.") var file = Configuration.defaultPolicyPath

        func run() throws {
            do {
                let exception = try exception()
                if dryRun { return print(exception.text) }
                var editor = try PolicyEditor(file: file)
                try editor.append(exception)
                try editor.write()
                print("\(file):\(editor.policy.exceptions.last?.location.line ?? 0): added; 'ipsctl reload' brings it into force")
            } catch let error as PatchError {
                throw Failure.unusable(error.description)
            }
        }

        private func exception() throws -> PolicyException {
            let subject: PolicyException.Subject
            switch (patch, sid) {
            case (let patch?, nil):
                guard let glob = Glob(patch) else { throw Failure.unusable("--patch: expected an id or a pattern") }
                subject = .patch(glob)
            case (nil, let sid?): subject = .sid(sid)
            default: throw Failure.unusable("expected --patch or --sid, and one of them only")
            }
            guard let day = PolicyDay(until) else { throw Failure.unusable("--until: expected a day such as 2026-12-31, found '\(until)'") }
            guard !reason.isEmpty else { throw Failure.unusable("--reason: expected a reason") }
            var exception = PolicyException(
                subject: subject, selector: try ContainerSelector(words: selectors), until: day, reason: reason)
            if let path {
                guard path.hasPrefix("/") || path.hasPrefix("*"), let glob = Glob(path) else {
                    throw Failure.unusable("--path: expected a pattern that begins with / or *, found '\(path)'")
                }
                exception.path = glob
            }
            if let source {
                guard let range = AddressRange(text: source) else {
                    throw Failure.unusable("--source: expected an address or a network such as 198.18.4.0/24, found '\(source)'")
                }
                (exception.source, exception.sourceText) = (range, source)
            }
            return exception
        }
    }
}
