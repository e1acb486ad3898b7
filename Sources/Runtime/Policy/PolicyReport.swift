public import Containers
import Patches
import RuleLanguage
public import Wire

/// `/v1/policy`: what holds now.
public struct PolicyReport: Codable, Sendable {
    /// nil when there is no policy.
    public var file: String?
    public var patches: [PatchScopeReport]
    public var exceptions: [PolicyExceptionReport]
}

/// One patch on one container.
public struct PatchScopeReport: Codable, Sendable {
    public var patch: String
    public var title: String
    /// nil for traffic without a container.
    public var container: String?
    public var container_id: String?
    public var stage: String
    /// Of a canary by flows: `10%`.
    public var share: String?
    /// Of a canary by containers: whether the patch is enforced on this one.
    public var chosen: Bool?
    /// `policy.yaml:12`, or the patch's own file.
    public var policy: String
    public var reason: String?
}

public struct PolicyExceptionReport: Codable, Sendable {
    public var patch: String?
    public var sid: UInt32?
    /// As it stands in the policy.
    public var `where`: String?
    public var path: String?
    public var source: String?
    /// The last day.
    public var until: String
    public var reason: String
    public var policy: String
    public var expired: Bool
}

extension PolicyReport {
    /// What holds at `time` for the containers that run then.
    public init(_ compiler: PolicyCompiler, _ containers: InventorySnapshot, at time: Timestamp = .now) {
        file = compiler.policy.file.isEmpty ? nil : compiler.policy.file
        patches = compiler.holdings(containers, at: time).map(PatchScopeReport.init)
        exceptions = compiler.policy.exceptions.map { PolicyExceptionReport($0, at: time) }
    }
}

extension PatchScopeReport {
    fileprivate init(_ holding: PolicyCompiler.Holding) {
        patch = holding.patch.id
        title = holding.patch.title
        container = holding.container?.name
        container_id = holding.container?.id
        stage = holding.stage.rawValue
        share = holding.share.map { PolicyCanary.percent($0) }
        chosen = holding.isChosen
        policy = holding.place
        reason = holding.reason
    }
}

extension PolicyExceptionReport {
    fileprivate init(_ exception: PolicyException, at time: Timestamp) {
        switch exception.subject {
        case .patch(let glob): patch = glob.text
        case .sid(let number): sid = number
        }
        `where` = exception.selector.isEverywhere ? nil : exception.selector.text
        path = exception.path?.text
        source = exception.sourceText
        until = exception.until.description
        reason = exception.reason
        policy = "\(exception.location.file):\(exception.location.line)"
        expired = exception.until.end <= time
    }
}
