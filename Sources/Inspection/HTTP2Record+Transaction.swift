import AppLayer
import Events
import Wire

extension HTTP2Record {
    init(_ transaction: HTTP2Transaction) {
        self.init(
            streamID: UInt64(transaction.streamID), request: Side(transaction.message(.toServer), transaction.frames(.toServer)),
            response: Side(transaction.message(.toClient), transaction.frames(.toClient)))
    }

    var isTold: Bool { request.isTold || response.isTold }
}

extension HTTP2Record.Side {
    fileprivate init(_ message: HTTPMessage, _ frames: HTTP2Frames) {
        self.init(
            headers: message.headers.map { ($0.name, $0.value) },
            settings: frames.settings.map { (HTTP2Frames.name(ofSetting: $0.id), UInt64($0.value)) },
            priority: frames.priorities.first.map(UInt64.init), errorCode: frames.errorCodes.first.map(HTTP2Frames.name(ofError:)))
    }
}

extension HTTP2Frames {
    /// As Suricata writes it.
    fileprivate static func name(ofSetting id: UInt16) -> String {
        let place = Int(id) - 1
        return settingNames.indices.contains(place) ? settingNames[place].filter { $0 != "_" } : "SETTINGSUNKNOWN"
    }

    fileprivate static func name(ofError code: UInt32) -> String {
        Int(code) < errorNames.count ? errorNames[Int(code)] : "\(code)"
    }
}
