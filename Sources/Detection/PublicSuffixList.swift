import Synchronization
import Wire

/// Names under which people register domains (https://publicsuffix.org/list/), for the transforms `domain` and `tld`.
final class PublicSuffixList: Sendable {
    /// In lower case; those of other scripts in Punycode, as they travel.
    private let names: Set<[UInt8]>
    /// `*.name`: every label before it makes a suffix of its own.
    private let wildcards: Set<[UInt8]>
    private let exceptions: Set<[UInt8]>

    /// Lines of a name, `*.name` or `!name`; a comment begins with `//`.
    init(_ bytes: [UInt8]) {
        var (names, wildcards, exceptions): (Set<[UInt8]>, Set<[UInt8]>, Set<[UInt8]>) = ([], [], [])
        for line in bytes.split(separator: 0x0a) {
            let rule = line.prefix { $0 > 0x20 }
            guard let first = rule.first, !rule.starts(with: "//".utf8) else { continue }
            if first == UInt8(ascii: "!") {
                exceptions.insert(Self.encoded(rule.dropFirst()))
            } else if rule.starts(with: "*.".utf8) {
                wildcards.insert(Self.encoded(rule.dropFirst(2)))
            } else {
                names.insert(Self.encoded(rule))
            }
        }
        self.names = names
        self.wildcards = wildcards
        self.exceptions = exceptions
    }

    /// The public suffix at the name's end; nil for what is not a name.
    func suffix(of name: [UInt8]) -> [UInt8]? { place(in: name).map { Array(name[$0...]) } }

    /// The suffix with the label before it; nil where there is none.
    func domain(of name: [UInt8]) -> [UInt8]? {
        guard let place = place(in: name), place > 1 else { return nil }
        let before = name[..<(place - 1)]
        let start = before.lastIndex(of: Self.dot).map { $0 + 1 } ?? 0
        return start < place - 1 ? Array(name[start...]) : nil
    }

    private static let dot = UInt8(ascii: ".")
    /// RFC 1035, section 2.3.4, in text.
    private static let nameLimit = 255

    /// Where the suffix begins. The longest rule counts; without one it is the last label.
    private func place(in name: [UInt8]) -> Int? {
        guard !name.isEmpty, name.count <= Self.nameLimit else { return nil }
        var text = name.map(\.lowercasedASCII)
        if text.last == Self.dot { text.removeLast() }
        guard !text.isEmpty else { return nil }
        var starts = [0]
        for (index, byte) in text.enumerated() where byte == Self.dot { starts.append(index + 1) }
        guard let last = starts.last, last < text.count else { return nil }
        for (index, start) in starts.enumerated() {
            let candidate = Array(text[start...])
            let next = index + 1 < starts.count ? starts[index + 1] : nil
            if let next, exceptions.contains(candidate) { return next }
            if names.contains(candidate) { return start }
            if let next, wildcards.contains(Array(text[next...])) { return start }
        }
        return last
    }

    private static func encoded(_ name: ArraySlice<UInt8>) -> [UInt8] {
        guard name.contains(where: { $0 >= 0x80 }) else { return name.map(\.lowercasedASCII) }
        let labels = String(decoding: name, as: UTF8.self).lowercased().split(separator: ".")
        return Array(labels.map { Punycode.label(String($0)) }.joined(separator: ".").utf8)
    }
}

/// The list, read when the first rule asks for it.
public final class PublicSuffixSource: Sendable {
    public let path: String
    private let list = Mutex<PublicSuffixList?>(nil)

    /// Debian's package `publicsuffix` has it there.
    public init(path: String = "/usr/share/publicsuffix/public_suffix_list.dat") { self.path = path }

    func list(_ options: CompilerOptions) throws(CompilerOptions.FileFailure) -> PublicSuffixList {
        if let known = list.withLock({ $0 }) { return known }
        let made = PublicSuffixList(try options.readFile(path, ""))
        list.withLock { $0 = made }
        return made
    }
}

/// Labels of other scripts in ASCII (RFC 3492).
enum Punycode {
    private static let base = 36
    private static let (lowest, highest) = (1, 26)
    private static let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    static func label(_ label: String) -> String {
        let scalars = label.unicodeScalars.map { Int($0.value) }
        guard scalars.contains(where: { $0 >= 0x80 }) else { return label }
        var output = scalars.filter { $0 < 0x80 }.map { UInt8(truncatingIfNeeded: $0) }
        var done = output.count
        let basic = done
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (code, delta, bias) = (128, 0, 72)
        while done < scalars.count {
            guard let next = scalars.filter({ $0 >= code }).min() else { break }
            delta &+= (next - code) &* (done + 1)
            code = next
            for scalar in scalars {
                if scalar < code { delta &+= 1 }
                guard scalar == code else { continue }
                append(delta, bias, to: &output)
                bias = adapted(delta, points: done + 1, isFirst: done == basic)
                delta = 0
                done += 1
            }
            delta &+= 1
            code += 1
        }
        return "xn--" + String(decoding: output, as: UTF8.self)
    }

    /// A number of digits whose weights depend on the bias (section 6.3).
    private static func append(_ delta: Int, _ bias: Int, to output: inout [UInt8]) {
        var rest = delta
        var place = base
        while true {
            let threshold = min(max(place - bias, lowest), highest)
            guard rest >= threshold else { break }
            output.append(digits[threshold + (rest - threshold) % (base - threshold)])
            rest = (rest - threshold) / (base - threshold)
            place += base
        }
        output.append(digits[rest])
    }

    /// Section 6.1.
    private static func adapted(_ delta: Int, points: Int, isFirst: Bool) -> Int {
        var (rest, steps) = (isFirst ? delta / 700 : delta / 2, 0)
        rest += rest / points
        while rest > (base - lowest) * highest / 2 {
            rest /= base - lowest
            steps += base
        }
        return steps + (base - lowest + 1) * rest / (rest + 38)
    }
}
