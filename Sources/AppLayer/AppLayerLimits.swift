/// Limits of the parsers; lengths in bytes. Names follow suricata.yaml's `app-layer.protocols`.
public struct AppLayerLimits: Sendable {
    /// Bytes of a request body that are inspected; 0 is no limit.
    public var httpRequestBodyLimit: UInt64 = 0
    public var httpResponseBodyLimit: UInt64 = 0
    /// Window of a body that rules see at once.
    public var httpRequestBodyWindow = 64 * 1024
    public var httpResponseBodyWindow = 64 * 1024
    /// One line of a request, response or header.
    public var httpLineLimit = 64 * 1024
    public var httpHeaderCountLimit = 1024
    public var httpDecompressionDepth = 2
    /// Bytes that one compressed body may grow by between two inspections.
    public var httpDecompressionLimit = 8 << 20
    /// Bytes that a body may decode to, at more than 2,048 for each byte sent, before that is told
    /// (`compression-bomb-limit`).
    public var httpBombLimit: UInt64 = 1 << 20
    /// `lzma-enabled`
    public var httpDecodesLZMA = true
    /// Dictionary of one LZMA decoder (`lzma-memlimit`).
    public var httpLZMADictionaryLimit: UInt32 = 1 << 20
    /// Percent signs that decoding has brought to light in a path are decoded once more, as some servers do.
    public var httpDoubleDecodesPath = true
    public var httpDoubleDecodesQuery = false
    /// Server ports on which less is asked of content to be DNS.
    public var dnsPorts: [UInt16] = [53]
    public var maxTransactions = 512
    /// Hashes taken of every file (`file-store.force-hash`), besides those that rules ask for.
    public var fileDigests: Set<FileDigests.Algorithm> = []
    /// Set when rules or records ask what kind files are of (`file.magic`, `force-magic`).
    public var fileMagic: FileMagic?
    /// Frames that rules look into.
    public var frames: Set<Buffer> = []
    /// Rules ask for digests: files are read to their end, whatever the limits of bodies.
    public var digestsWholeFiles = false
    /// Streams that one connection may have open (`app-layer.protocols.http2.max-streams`).
    public var http2MaxStreams = 4096
    /// Bytes of a dynamic table of header fields (`max-table-size`).
    public var http2MaxTableSize = 65_536
    /// Bytes of a header block over all of its frames (`max-reassembly-size`).
    public var http2MaxReassemblySize = 102_400
    /// Payload of a WebSocket frame or message above which that is told (`app-layer.protocols.websocket.max-payload-size`).
    public var websocketMaxPayloadSize = 65_535
    /// Schemes of the URLs that are looked for in texts of mail (`app-layer.protocols.smtp.mime.extract-urls-schemes`).
    public var mailURLSchemes = ["http", "https", "ftp"]
    /// `log-url-scheme`
    public var mailURLsKeepScheme = false
    /// Records of mail have the MD5 of its body (`app-layer.protocols.smtp.mime.body-md5`).
    public var digestsMailBodies = false
    public init() {}
}
