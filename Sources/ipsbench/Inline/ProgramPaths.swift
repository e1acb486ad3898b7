import Foundation

/// The programs of the same build: they stand beside this one.
struct ProgramPaths {
    let ipsbench: String
    var ipsd: String
    let ipsctl: String

    init() {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "ipsbench"
        let folder = URL(fileURLWithPath: own).deletingLastPathComponent().path
        ipsbench = own
        ipsd = "\(folder)/ipsd"
        ipsctl = "\(folder)/ipsctl"
    }
}
