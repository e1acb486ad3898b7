internal import Glibc

/// An errno value.
public struct SystemError: Error, Equatable, Sendable {
    public var code: Int32

    init(code: Int32) { self.code = code }

    static var last: SystemError { SystemError(code: errno) }
}

extension SystemError: CustomStringConvertible {
    public var description: String {
        // SAFETY: strerror_r writes at most the given length, with its terminator, into the
        // buffer, which the closure outlives.
        let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer -> String in
            guard let base = buffer.baseAddress, unsafe strerror_r(code, base, buffer.count) == 0 else {
                return "errno \(code)"
            }
            return unsafe String(cString: base)
        }
        return text
    }
}
