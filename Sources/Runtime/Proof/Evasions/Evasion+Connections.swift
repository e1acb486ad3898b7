import Traffic
import Wire

/// TCP: what surrounds the request's segments is unusual.
extension Evasion {
    static let connections: [Evasion] = [
        Evasion("syn-data", .tcp, "garbage in a SYN without fast open, then the SYN again without it") { message in
            var script = ClientScript.plain(message)
            script.steps.insert(.segment(ScriptedSegment(at: -1, [UInt8](repeating: 0x41, count: 64), flags: .syn)), at: 0)
            return script
        },
        Evasion("handshake-wrong-ack", .tcp, "before the handshake's end garbage that acknowledges a wrong number") { message in
            var script = ClientScript.plain(message)
            var wrong = ScriptedSegment(at: 0, [UInt8](repeating: 0x41, count: 40))
            wrong.acknowledgmentShift = 0x2000_0000
            script.steps.insert(.segment(wrong), at: 1)
            return script
        },
        Evasion("handshake-data", .tcp, "the handshake's last segment carries the first bytes") { message in
            var script = ClientScript.plain(message)
            script.steps.remove(at: 1)
            return script
        },
        Evasion("fin-data", .tcp, "the last segment ends the connection") { message in
            var script = ClientScript(message) { ScriptedSegment.segments($0, at: $1, size: 100) }
            if case .segment(var last) = script.steps.removeLast() {
                last.flags.insert(.fin)
                script.send(last)
            }
            return script
        },
        Evasion("sequence-wrap", .tcp, "sequence numbers that pass zero inside of the request") { message in
            var script = ClientScript(message) { ScriptedSegment.segments($0, at: $1, size: 32) }
            script.initialSequence = 0 &- UInt32(truncatingIfNeeded: message.bytes.count / 2)
            return script
        },
        Evasion("small-window", .tcp, "segments of 16 bytes, as the server has no room for more") { message in
            var script = ClientScript(message) { ScriptedSegment.segments($0, at: $1, size: 16) }
            script.serverWindow = 16
            return script
        },
        Evasion("urgent-byte", .tcp, "an out-of-band byte inside of the request", receivers: "every receiver without SO_OOBINLINE") { message in
            let all = message.bytes
            let middle = all.count / 2
            let sent = all[..<middle] + [0x21] + all[middle...]
            var script = ClientScript(Message(Array(sent))) { bytes, _ in
                ScriptedSegment.segments(bytes, at: 0, size: 1400).map { segment in
                    guard (segment.offset..<segment.end).contains(middle) else { return segment }
                    var urgent = segment
                    urgent.flags.insert(.urg)
                    urgent.urgentPointer = UInt16(truncatingIfNeeded: middle - segment.offset + 1)
                    return urgent
                }
            }
            script.stream = Array(sent)
            return script
        },
        Evasion("midstream", .tcp, "the engine sees the connection from its first data on") { message in
            var script = ClientScript.plain(message)
            script.unseenSteps = 2
            return script
        },
        Evasion("reopened", .tcp, "on the ports of a connection that has just been reset") { message in
            var script = ClientScript()
            let old = Array("GET / HTTP/1.0\r\n\r\n".utf8)
            script.send(.open)
            script.send(.acknowledge(at: 0))
            script.send(ScriptedSegment(at: 0, old))
            script.steps.append(.answer(Array("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)))
            script.send(ScriptedSegment(at: old.count, flags: [.rst, .ack]))
            script.steps.append(.reopen(sequence: 2_000_000))
            var new = ClientScript.plain(message)
            script.steps += new.steps
            new.steps = script.steps
            return new
        },
    ]
}
