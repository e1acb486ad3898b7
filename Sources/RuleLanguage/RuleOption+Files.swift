/// `filemd5`, `filesha1`, `filesha256`: the file's hash stands in a list.
public struct FileHashOption: Sendable {
    public enum Algorithm: UInt8, Hashable, Sendable { case md5, sha1, sha256 }
    public var algorithm: Algorithm
    /// Path as written; relative to the rule file's folder.
    public var list: String
    public var isNegated: Bool
    public var location: SourceLocation

    public init(algorithm: Algorithm, list: String, isNegated: Bool, location: SourceLocation) {
        self.algorithm = algorithm
        self.list = list
        self.isNegated = isNegated
        self.location = location
    }
}

/// `filestore`: what of the matching flow's files is to be kept.
public struct FileStoreOption: Sendable {
    public enum Scope: UInt8, Sendable { case file, transaction, flow }
    /// nil for both.
    public var direction: FlowOption.Direction? = nil
    public var scope = Scope.file
    public init() {}
}
