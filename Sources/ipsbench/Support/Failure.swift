/// A run that ends with one clear line and an exit status.
struct Failure: Error, CustomStringConvertible {
    let status: Int32
    let message: String

    /// Unusable arguments or input.
    static func unusable(_ message: String) -> Failure { Failure(status: 2, message: message) }
    /// Done, but what was asked to hold does not.
    static func unmet(_ message: String) -> Failure { Failure(status: 1, message: message) }

    var description: String { message }
}
