import AppLayer
import Events
import Wire

extension HTTP2Record {
    init(_ transaction: HTTP2Transaction) {
        self.init(
            streamID: UInt64(transaction.streamID), request: Side(transaction.request, transaction.frames(.toServer)),
            response: Side(transaction.response, transaction.frames(.toClient)))
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
    fileprivate static func name(ofSetting id: UInt16) -> String {
        let names = [
            "HEADERTABLESIZE", "ENABLEPUSH", "MAXCONCURRENTSTREAMS", "INITIALWINDOWSIZE", "MAXFRAMESIZE", "MAXHEADERLISTSIZE",
        ]
        return names.indices.contains(Int(id) - 1) ? "SETTINGS" + names[Int(id) - 1] : "SETTINGSUNKNOWN"
    }

    fileprivate static func name(ofError code: UInt32) -> String {
        let names = [
            "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
            "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
            "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
        ]
        return Int(code) < names.count ? names[Int(code)] : "\(code)"
    }
}
