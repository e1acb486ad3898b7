import Patches

/// A request that a proof sends, and what is known of who gets it.
struct ProofRequest: Sendable {
    let bytes: [UInt8]
    let port: UInt16
    let isExploit: Bool
    /// nil when the request is not HTTP/1.
    let http: HTTPText?

    init(_ request: PatchPackage.Request, of patch: PatchPackage, isExploit: Bool) {
        bytes = request.bytes
        port = request.port
        self.isExploit = isExploit
        let isJava = patch.affects.contains { $0.purl.type == "maven" }
        http = HTTPText(request.bytes, isJava: isJava)
    }
}
