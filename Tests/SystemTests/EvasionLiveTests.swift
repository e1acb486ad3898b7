import Foundation
import Patches
import Runtime
import TestSupport
import Testing

/// A patch's requests in every way that a client can send them, through NFQUEUE to nginx on Linux's own TCP.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(5)))
struct EvasionLiveTests {
    /// VLAN tags do not get to the queue; the other two need an engine that begins late and a server without room.
    private static let notLive: Set<String> = ["vlan", "vlan-in-vlan", "midstream", "small-window"]

    private struct Sent {
        let evasion: Evasion
        let isExploit: Bool
        let request: String
        let isIPv6: Bool
        let port: UInt16
    }

    /// For each evasion the first exploit and the first benign request that can be sent so.
    private func send(_ patch: PatchPackage, in site: Site) throws -> [Sent] {
        let client = try RawClient(site.topology)
        var sent: [Sent] = []
        for evasion in Evasion.all where !Self.notLive.contains(evasion.name) {
            for (requests, isExploit) in [(patch.exploits, true), (patch.benign, false)] {
                let found = requests.lazy.compactMap { request in
                    evasion.plan(request, of: patch, isExploit: isExploit).map { (request.name, $0.script) }
                }.first
                guard let (name, script) = found else { continue }
                let port = client.run(script, port: evasion.name.hasPrefix("http2") ? 82 : 81)
                sent.append(Sent(evasion: evasion, isExploit: isExploit, request: name, isIPv6: script.isIPv6, port: port))
            }
        }
        return sent
    }

    /// Requests that nginx has answered with 200, by the client's port.
    private func answers(_ site: Site) throws -> [UInt16: Int] {
        Thread.sleep(forTimeInterval: 0.5)
        var result: [UInt16: Int] = [:]
        for line in try site.folder.text("flows.log").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, words[1] == "200", let port = UInt16(words[0]) else { continue }
            result[port, default: 0] += 1
        }
        return result
    }

    @Test func exploitsNeverArriveAndBenignRequestsDo() throws {
        let patch = try PatchReader().package("\(projectFolder)/rules/log4shell")
        let rules = try String(contentsOfFile: patch.rulesPath, encoding: .utf8)
        let open = try Site()
        try open.startDaemon(rules: rules, arguments: ["--mode", "detect"])
        let before = try send(patch, in: open)
        let withoutPatch = try answers(open)
        open.stop()
        let site = try Site()
        try site.startDaemon(rules: rules)
        let after = try send(patch, in: site)
        let withPatch = try answers(site)
        #expect(before.count == after.count && before.count > 150)
        let drops = try site.events("drop")
        var understood = 0
        for (first, second) in zip(before, after) {
            let (expected, got) = (withoutPatch[first.port] ?? 0, withPatch[second.port] ?? 0)
            let reasons = Set(drops.filter { $0["src_port"] as? Int == Int(second.port) || $0["dest_port"] as? Int == Int(second.port) }
                .compactMap { ($0["drop"] as? [String: Any])?["reason"] as? String })
            let what = "\(second.evasion.name) \(second.request): \(got) answers, \(expected) without the patch, drops: \(reasons.sorted())"
            if first.evasion.receivers.contains("nginx") || first.evasion.receivers == "every receiver" {
                #expect(expected > 0, "nginx does not read it: \(what)")
            }
            guard expected > 0 else { continue }
            understood += 1
            // How much of a flood is answered depends on when the client hangs up.
            let isFlood = expected > 100
            if second.isExploit { #expect(got < expected, "\(what)") } else { #expect(got == expected || isFlood && got > 0, "\(what)") }
        }
        #expect(understood > 140, "nginx understood \(understood) of \(before.count)")
    }
}
