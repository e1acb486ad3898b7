import AppLayer
import RuleLanguage
import Wire

/// Groups a rule's payload options by buffer and makes them ready to run.
struct PayloadCompiler {
    let options: [PayloadOption]
    let proto: ProtocolTest
    let direction: Direction?
    let needsPacket: Bool
    /// The rule is on both sides of a transaction (`=>`).
    let isTransactional: Bool
    let flow: FlowOption
    let compiler: CompilerOptions
    let ruleFile: String
    var datasets: DatasetCatalogue

    mutating func groups() throws(CompileError) -> [BufferGroup] {
        var targets: [InspectedBuffer?] = []
        var instances: [Int] = []
        var steps: [[Step]] = []
        var slots: [String: Int] = [:]
        for option in options {
            let target = try target(option)
            let step = try step(option, &slots)
            let instance = target?.buffer.isMultiple == true ? option.instance : 0
            if let place = targets.indices.first(where: { targets[$0] == target && instances[$0] == instance }) {
                steps[place].append(step)
            } else {
                targets.append(target)
                instances.append(instance)
                steps.append([step])
            }
        }
        return zip(targets, steps).map { target, steps in
            let isTCP = proto.ipProtocols.isEmpty || proto.ipProtocols.contains(IPProtocol.tcp)
            let isStreamOnly = proto.isStreamOnly || flow.stream == .onlyStream
            let looksInStream = target == nil && isTCP && !needsPacket && !proto.isPacketOnly
            return BufferGroup(
                target: target, steps: steps.fitted,
                looksInPacket: target == nil && !isStreamOnly
                    && (!looksInStream || Self.isAnchored(steps) || Self.hasEnd(steps)),
                looksInStream: looksInStream, isAnchored: Self.isAnchored(steps))
        }
    }

    /// Places counted from the payload's start mean each packet, not the stream alone.
    private static func isAnchored(_ steps: [Step]) -> Bool {
        steps.contains { step in
            if case .content(let content) = step {
                content.depth != nil || content.offset != nil || content.startsWith
            } else {
                false
            }
        }
    }

    /// The end of a stream is known too late to drop anything; that of a packet is not.
    private static func hasEnd(_ steps: [Step]) -> Bool {
        steps.contains { if case .content(let content) = $0 { content.endsWith } else { false } }
    }

    private func target(_ option: PayloadOption) throws(CompileError) -> InspectedBuffer? {
        let chain: TransformChain
        do throws(TransformOperation.Failure) {
            chain = option.transforms.isEmpty ? .none : try TransformChain(option.transforms, compiler)
        } catch {
            throw CompileError(message: error.message, location: option.location)
        }
        guard let name = option.buffer else {
            guard option.transforms.isEmpty else {
                throw CompileError(message: "transforms need a sticky buffer before them", location: option.location, code: .place)
            }
            return nil
        }
        let found: Buffer?
        do throws(CompileError) {
            found = if let frame = FrameName(name) { try frame.buffer(proto) } else { Buffer(keyword: name) }
        } catch {
            throw CompileError(message: error.message, location: option.location, code: error.code)
        }
        guard let buffer = found else {
            throw unsupported("the buffer '\(name)'", option)
        }
        if !buffer.protocols.isEmpty, !proto.appProtocols.isEmpty,
            !buffer.protocols.contains(where: proto.appProtocols.contains)
        {
            throw CompileError(
                message: "'\(name)' is a buffer of \(buffer.protocols.map(\.name).joined(separator: " and ")), "
                    + "but the rule is on \(proto.appProtocols.map(\.name).joined(separator: " and "))",
                location: option.location, code: .contradiction)
        }
        if let needed = buffer.direction, let direction, needed != direction {
            throw CompileError(
                message: "'\(name)' travels \(needed == .toServer ? "to the server" : "to the client"), "
                    + "but the rule's flow option asks for the other direction", location: option.location,
                code: .contradiction)
        }
        if buffer == .fileMagic {
            do throws(FileMagic.Failure) {
                try compiler.fileMagic.need()
            } catch {
                throw CompileError(message: "'\(name)': \(error.message)", location: option.location)
            }
        }
        var target = InspectedBuffer(buffer: buffer, transforms: chain)
        if let wanted = option.side {
            guard isTransactional else {
                throw CompileError(message: "a side of '\(name)' is for rules with '=>'", location: option.location)
            }
            guard buffer.direction == nil || buffer.direction == wanted else {
                throw CompileError(message: "'\(name)' does not travel that way", location: option.location)
            }
            target.side = wanted
        } else if isTransactional, !buffer.protocols.isEmpty {
            guard let only = buffer.direction else {
                throw CompileError(
                    message: "'\(name)' is on both sides: expected '\(name): to_server' or '\(name): to_client'",
                    location: option.location)
            }
            target.side = only
        }
        return target
    }

    private mutating func step(_ option: PayloadOption, _ slots: inout [String: Int]) throws(CompileError) -> Step {
        func number(_ value: NumberOrVariable) -> Step.Number {
            switch value {
            case .number(let value): .constant(Int(value))
            case .variable(let name): .slot(slots[name] ?? 0)
            }
        }
        func slot(_ name: String) -> Int {
            let next = slots[name] ?? slots.count
            slots[name] = next
            return next
        }
        switch option.match {
        case .content(let content):
            if content.replacement != nil, option.buffer != nil {
                throw CompileError(
                    message: "'replace' is for content in the packet's payload, not in '\(option.buffer ?? "")'",
                    location: option.location, code: .place)
            }
            return .content(
                Step.Content(
                    search: ContentSearch(content.pattern, ignoresCase: content.ignoresCase), isNegated: content.isNegated,
                    isRelative: content.isRelative, offset: content.offset.map(number),
                    depth: content.depth.map(number), distance: content.distance.map(number),
                    within: content.within.map(number), startsWith: content.startsWith, endsWith: content.endsWith,
                    replacement: content.replacement))
        case .pcre(let pcre):
            do throws(CompiledPCRE.Failure) {
                let isStreamed = option.buffer.flatMap { Buffer(keyword: $0) }?.isStreamed == true
                let expression = try CompiledPCRE(
                    pcre.expression, flags: pcre.flags, captures: pcre.captures,
                    searchesGrowing: isStreamed && !pcre.isRelative && !pcre.isNegated)
                guard expression.captures.allSatisfy({ $0.number > 0 }) else {
                    throw CompiledPCRE.Failure(
                        message: "\(pcre.captures.count) variables, but only \(expression.groupCount) groups to fill them")
                }
                return .pcre(expression, isRelative: pcre.isRelative, isNegated: pcre.isNegated)
            } catch {
                throw CompileError(message: "pcre: \(error.message)", location: option.location, code: .expression)
            }
        case .isDataAt(let at):
            return .isDataAt(number(at.position), isRelative: at.isRelative, isNegated: at.isNegated)
        case .byteTest(let test):
            return .byteTest(test, length: number(test.length), value: number(test.value), offset: number(test.offset))
        case .byteJump(let jump): return .byteJump(jump, length: number(jump.length), offset: number(jump.offset))
        case .byteExtract(let extract):
            return .byteExtract(extract, offset: number(extract.offset), slot: slot(extract.name))
        case .byteMath(let math):
            return .byteMath(
                math, length: number(math.length), offset: number(math.offset), value: number(math.value),
                slot: slot(math.result))
        case .bsize(let test): return .bsize(test)
        case .absent(let orElse): return .absent(orElse: orElse)
        case .base64Decode(let decode): return .base64Decode(decode)
        case .entropy(let arguments): return .entropy(try EntropyTest(arguments, name: option.internalBufferName, at: option.location))
        case .dataset(let dataset):
            return .dataset(try datasets.test(dataset, compiler, ruleFile: ruleFile, at: option.location))
        case .asn1(let asn1): return .asn1(ASN1Test(asn1))
        case .ftpBounce: return .ftpBounce
        case .rpc(let rpc):
            guard option.buffer == nil else {
                throw CompileError(message: "'rpc' is for the payload, not for '\(option.buffer ?? "")'", location: option.location, code: .place)
            }
            return .rpc(rpc)
        case .other(let keyword, _): throw unsupported("'\(keyword)'", option)
        }
    }

    private func unsupported(_ what: String, _ option: PayloadOption) -> CompileError {
        CompileError(message: "the engine does not support \(what) yet", location: option.location, code: .unsupported)
    }
}

extension BufferGroup {
    /// A rule on a frame has no other buffer.
    func isNamed(_ name: String?) -> Bool { target?.buffer.keyword == name || target?.buffer.isFrame == true }

    /// Whether bytes that are still to come could undo a match.
    var needsEnd: Bool {
        steps.contains { step in
            switch step {
            case .content(let content): content.isNegated || content.endsWith
            case .pcre(_, _, let isNegated), .isDataAt(_, _, let isNegated): isNegated
            case .bsize, .absent, .dataset, .entropy: true
            default: false
            }
        }
    }

    /// Variables that the group's steps use.
    var slotCount: Int {
        var count = 0
        for step in steps {
            switch step {
            case .byteExtract(_, _, let slot), .byteMath(_, _, _, _, let slot): count = max(count, slot + 1)
            default: break
            }
        }
        return count
    }
}

extension FlowOption.Direction {
    /// As packets have it.
    var asSide: Direction { self == .toServer ? .toServer : .toClient }
}

extension PayloadOption {
    var side: Direction? { direction?.asSide }
}
