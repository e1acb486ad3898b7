import ArgumentParser
import Detection
import Foundation
import MultiPattern
import PacketIO
import Runtime
import Wire

struct ExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Makes the input of `scan` from rules and captures.",
        discussion: """
            The patterns are the rules' fast patterns, each once; the text is the payload of the packets, one after
            the other.

            Examples:
              ipsbench extract --patches rules --patterns patterns.txt --text text.bin capture.pcap
            """)

    @OptionGroup var rules: RuleOptions
    @Option(help: ArgumentHelp("Write the patterns here.", valueName: "file")) var patterns: String
    @Option(help: ArgumentHelp("Write the text here.", valueName: "file")) var text: String
    @Argument(help: "Captures: pcap or pcapng.") var captures: [String]

    func run() throws {
        let loaded = try rules.load()
        var lines: [String] = []
        var seen: Set<Pattern> = []
        for rule in loaded.ruleSet.rules {
            guard let fast = rule.fastPattern else { continue }
            let pattern = Pattern(fast.bytes, ignoresCase: fast.ignoresCase)
            if seen.insert(pattern).inserted { lines.append(PatternFile.line(pattern)) }
        }
        guard !lines.isEmpty else { throw Failure.unusable("the rules have no fast patterns") }
        try OutputFile.write(lines.joined(separator: "\n") + "\n", to: patterns)

        let capture = CaptureMemory(captures)
        for error in capture.errors { Console.note("ipsbench: \(error.description)") }
        let payload = payload(of: capture)
        guard !payload.isEmpty else { throw Failure.unusable("the captures have no payload") }
        try OutputFile.write(payload, to: text)
        print("\(lines.count) patterns, \(payload.count) bytes of text")
    }

    private func payload(of capture: CaptureMemory) -> Data {
        let decoder = PacketDecoder()
        let frames = capture.bytes.span
        var result = Data()
        for packet in capture.packets {
            let decoded = decoder.decode(frames.extracting(packet.place), link: packet.link, checksums: .ignore)
            guard decoded.invalid == nil, decoded.payloadLength > 0 else { continue }
            let start = packet.place.lowerBound + decoded.payloadOffset
            result.append(contentsOf: capture.bytes[start..<start + decoded.payloadLength])
        }
        return result
    }
}
