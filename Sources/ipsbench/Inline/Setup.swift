/// What stands between client and server.
enum Setup: String, CaseIterable, Codable {
    /// The bridge alone.
    case none
    /// A queue whose packets are all accepted.
    case accept
    case ipsd

    var title: String {
        switch self {
        case .none: "no queue"
        case .accept: "accept everything"
        case .ipsd: "ipsd"
        }
    }
}
