/// What `iptables-save -t mangle` says about the hook's chains.
struct MangleTable: Equatable {
    /// Rules of each of the hook's chains that is there, as saved, without `-A CHAIN `.
    private(set) var chains: [String: [String]] = [:]
    /// Rules of other chains that lead to one of the hook's, as saved, without `-A `.
    private(set) var jumps: [String] = []

    init() {}

    init(saved text: String) {
        var isMangle = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("*") {
                isMangle = line == "*mangle"
            } else if isMangle, line.hasPrefix(":") {
                let name = String(line.dropFirst().prefix { $0 != " " })
                if HookPlan.chains.contains(name), chains[name] == nil { chains[name] = [] }
            } else if isMangle, line.hasPrefix("-A ") {
                add(rule: line.dropFirst(3))
            }
        }
    }

    private mutating func add(rule: Substring) {
        let words = rule.split(separator: " ")
        guard let chain = words.first.map(String.init) else { return }
        if HookPlan.chains.contains(chain) {
            chains[chain, default: []].append(String(rule.dropFirst(chain.count + 1)))
        } else if zip(words, words.dropFirst()).contains(where: {
            ($0 == "-j" || $0 == "-g") && HookPlan.chains.contains(String($1))
        }) {
            jumps.append(String(rule))
        }
    }

    var isEmpty: Bool { chains.isEmpty && jumps.isEmpty }

    /// All chains, and each jump once.
    var isComplete: Bool {
        chains.count == HookPlan.chains.count && jumps.sorted() == HookPlan.jumps.sorted()
    }
}
