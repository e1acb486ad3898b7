import CPCRE2
import RuleLanguage

/// A PCRE2 expression with its JIT code. Immutable once made; PCRE2 lets threads share it.
@safe final class CompiledPCRE: @unchecked Sendable {
    private let code: OpaquePointer
    /// Groups that are kept when the rule matches, by number.
    let captures: [(number: Int, capture: PCRECapture)]

    /// What follows a match may undo it: the expression says what must not follow, or asks for an end.
    let looksAhead: Bool
    /// Compiled for partial matches too; without that, PCRE2 would look for them with its interpreter.
    private let searchesGrowing: Bool

    /// Like Suricata's defaults (`pcre.match-limit`, `pcre.match-limit-recursion`).
    static let matchLimit: UInt32 = 3500
    static let depthLimit: UInt32 = 1500

    struct Failure: Error { var message: String }

    /// - Parameters:
    ///   - flags: letters as in a rule (`i`, `m`, `s`, `x`, `A`, `E`, `G`).
    ///   - searchesGrowing: it will be looked for in buffers that grow.
    init(
        _ expression: [UInt8], flags: String, captures: [PCRECapture] = [], searchesGrowing: Bool = false
    ) throws(Failure) {
        var options: UInt32 = 0
        for flag in flags {
            switch flag {
            case "i": options |= PCRE2_CASELESS
            case "m": options |= PCRE2_MULTILINE
            case "s": options |= PCRE2_DOTALL
            case "x": options |= PCRE2_EXTENDED
            case "A": options |= PCRE2_ANCHORED
            case "E": options |= PCRE2_DOLLAR_ENDONLY
            case "G": options |= PCRE2_UNGREEDY
            default: break
            }
        }
        var number: Int32 = 0
        var place = 0
        // SAFETY: PCRE2 copies what it needs of the expression.
        let made = unsafe expression.withUnsafeBufferPointer {
            unsafe pcre2_compile_8($0.baseAddress, $0.count, options, &number, &place, nil)
        }
        guard let made = unsafe made else {
            throw Failure(message: "\(Self.text(number)) at offset \(place) of the expression")
        }
        unsafe code = made
        self.searchesGrowing = searchesGrowing
        let text = String(decoding: expression, as: UTF8.self)
        looksAhead = ["(?!", "\\b", "\\B", "$", "\\z", "\\Z"].contains { text.contains($0) }
        var numbered: [(number: Int, capture: PCRECapture)] = []
        for capture in captures { numbered.append((unsafe Self.number(of: capture.group, made), capture)) }
        self.captures = numbered
        // Without JIT the interpreter runs the same expression.
        let modes = PCRE2_JIT_COMPLETE | (searchesGrowing ? PCRE2_JIT_PARTIAL_SOFT : 0)
        _ = unsafe pcre2_jit_compile_8(made, UInt32(modes))
    }

    deinit { unsafe pcre2_code_free_8(code) }

    /// Groups in parentheses.
    var groupCount: Int {
        var count: UInt32 = 0
        // SAFETY: PCRE2 writes one number.
        _ = unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        return Int(count)
    }

    /// 0 for a group that the expression does not have.
    private static func number(of group: PCRECapture.Group, _ code: OpaquePointer) -> Int {
        switch group {
        case .number(let number):
            var count: UInt32 = 0
            // SAFETY: PCRE2 writes one number.
            _ = unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
            return number <= Int(count) ? number : 0
        case .name(let name):
            let number = unsafe Array(name.utf8 + [0]).withUnsafeBufferPointer {
                unsafe pcre2_substring_number_from_name_8(code, $0.baseAddress)
            }
            return max(0, Int(number))
        }
    }

    /// Where the first group of the first match lies.
    func firstGroup(in bytes: Span<UInt8>, scratch: PCREScratch) -> Range<Int>? {
        guard firstMatch(in: bytes, from: 0, scratch: scratch) != nil else { return nil }
        return scratch.group(1, of: bytes.count)
    }

    private static func text(_ number: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 120)
        let count = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe pcre2_get_error_message_8(number, $0.baseAddress, $0.count)
        }
        return count > 0 ? String(decoding: bytes.prefix(Int(count)), as: UTF8.self) : "error \(number)"
    }

    /// The first match from `start` on, or nil; a match that exceeds the limits counts as none, and in `scratch.limitHits`.
    ///
    /// - Parameter mayGrow: bytes may follow. `scratch.resumption` says then where a match that they bring can begin
    ///   (pcre2partial(3), multi-segment matching), if the expression is for buffers that grow.
    func firstMatch(in bytes: Span<UInt8>, from start: Int, scratch: PCREScratch, mayGrow: Bool = false) -> Range<Int>? {
        guard start <= bytes.count else { return nil }
        let options = mayGrow && searchesGrowing ? PCRE2_PARTIAL_SOFT : 0
        // SAFETY: the subject is only read during the call; the ovector has room for one pair at least.
        return unsafe bytes.withUnsafeBufferPointer { buffer -> Range<Int>? in
            var empty: UInt8 = 0
            let status = unsafe withUnsafePointer(to: &empty) { nothing in
                unsafe pcre2_match_8(
                    code, buffer.baseAddress ?? nothing, buffer.count, start, options, scratch.data, scratch.context)
            }
            if status < PCRE2_ERROR_PARTIAL { scratch.limitHits &+= 1 }
            scratch.resumption = options == 0 ? start : buffer.count
            guard status >= 0 || status == PCRE2_ERROR_PARTIAL, let vector = unsafe pcre2_get_ovector_pointer_8(scratch.data)
            else { return nil }
            guard status >= 0 else {
                scratch.resumption = unsafe min(Int(clamping: vector[0]), buffer.count)
                return nil
            }
            let (lower, upper) = unsafe (Int(vector[0]), Int(vector[1]))
            return lower <= upper && upper <= buffer.count ? lower..<upper : nil
        }
    }
}

/// Match memory of one worker.
@safe final class PCREScratch {
    fileprivate let data: OpaquePointer?
    fileprivate let context: OpaquePointer?
    /// Where a match of the expression that was not found last may begin when the buffer grows.
    fileprivate(set) var resumption = 0
    /// Matches that were given up: a limit was reached, PCRE2's own memory included.
    var limitHits = 0

    init() {
        unsafe data = pcre2_match_data_create_8(32, nil)
        unsafe context = pcre2_match_context_create_8(nil)
        if let context = unsafe context {
            _ = unsafe pcre2_set_match_limit_8(context, CompiledPCRE.matchLimit)
            _ = unsafe pcre2_set_depth_limit_8(context, CompiledPCRE.depthLimit)
        }
    }

    /// Where a group of the last match lies; nil when it took no part.
    func group(_ number: Int, of count: Int) -> Range<Int>? {
        guard let data = unsafe data, number < Int(unsafe pcre2_get_ovector_count_8(data)),
            let vector = unsafe pcre2_get_ovector_pointer_8(data)
        else { return nil }
        // SAFETY: the vector has a pair for each number below its count.
        let (lower, upper) = unsafe (vector[2 * number], vector[2 * number + 1])
        return lower <= upper && upper <= count ? Int(lower)..<Int(upper) : nil
    }

    deinit {
        unsafe pcre2_match_data_free_8(data)
        unsafe pcre2_match_context_free_8(context)
    }
}
