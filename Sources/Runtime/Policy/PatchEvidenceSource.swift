import Containers
import Detection
import Inspection
import Patches
import RuleLanguage

/// Makes the evidence for the lines of a policy out of what the workers have counted.
struct PatchEvidenceSource {
    private let policy: Policy
    private let numbers: [String: UInt16]
    /// What is behind each number in the tallies: the containers that share a network; none for traffic without one.
    private let places: [(number: ContainerNumber, members: [Container])]
    private let traffic: [ContainerNumber: PatchTally.Traffic]
    private let matches: [PatchTally.Place: PatchTally.Matches]
    private let nanoseconds: [UInt16: UInt64]
    private let httpPatches: Set<UInt16>

    /// - Parameter nanoseconds: that the rules of each patch took in the same time.
    init(
        tallies: [PatchTally], nanoseconds: [UInt16: UInt64], policy: PolicyCompiler, ruleSet: RuleSet, containers: InventorySnapshot
    ) {
        self.policy = policy.policy
        numbers = Dictionary(
            policy.patches.enumerated().map { ($1.id, UInt16($0 + 1)) }, uniquingKeysWith: { first, _ in first })
        self.nanoseconds = nanoseconds
        httpPatches = Set(ruleSet.rules.filter { $0.rule.header.proto.hasPrefix("http") }.map(\.rule.patch))
        var traffic: [ContainerNumber: PatchTally.Traffic] = [:]
        var matches: [PatchTally.Place: PatchTally.Matches] = [:]
        for tally in tallies {
            for (container, counts) in tally.traffic { traffic[container, default: .init()].add(counts) }
            for (place, counts) in tally.matches { matches[place, default: .init()].add(counts) }
        }
        self.traffic = traffic
        self.matches = matches
        let numbers = Set(traffic.keys).union(matches.keys.map(\.container))
        places = numbers.compactMap { number in
            let members = containers.sharing(number.rawValue)
            // One that is gone has no line any more.
            return number == .none ? (number, []) : members.isEmpty ? nil : (number, members)
        }
    }

    func evidence(_ line: PolicyLine) -> PatchEvidence {
        var evidence = PatchEvidence()
        guard let patch = numbers[line.patch.text] else { return evidence }
        let isHTTP = httpPatches.contains(patch)
        for (number, members) in places where decides(line, members) {
            let seen = traffic[number] ?? .init()
            evidence.transactions &+= isHTTP ? seen.answers : seen.otherFlows
            evidence.answers &+= seen.answers
            evidence.serverErrors &+= seen.serverErrors
            evidence.flows &+= seen.flows
            evidence.resets &+= seen.resets
            let found = matches[.init(container: number, patch: patch)] ?? .init()
            evidence.matches &+= found.acted &+ found.shadowed
            evidence.excepted &+= found.excepted
        }
        // Rules cost what they cost wherever the patch holds: charged where there was traffic for them.
        if evidence.transactions > 0 { evidence.nanoseconds = nanoseconds[patch] ?? 0 }
        return evidence
    }

    /// Of the lines that fit a patch and a container the last one counts.
    private func decides(_ line: PolicyLine, _ members: [Container]) -> Bool {
        let last = policy.lines.last { other in
            other.patch.matches(line.patch.text)
                && (members.isEmpty ? other.selector.isEverywhere : members.contains(where: other.selector.fits))
        }
        return last?.location == line.location
    }
}

extension PatchTally.Traffic {
    fileprivate mutating func add(_ other: Self) {
        answers &+= other.answers
        serverErrors &+= other.serverErrors
        otherFlows &+= other.otherFlows
        flows &+= other.flows
        resets &+= other.resets
    }
}

extension PatchTally.Matches {
    fileprivate mutating func add(_ other: Self) {
        acted &+= other.acted
        shadowed &+= other.shadowed
        excepted &+= other.excepted
    }
}
