/// What EVE `http` says of a stream of HTTP/2 besides what it says of HTTP/1.
public struct HTTP2Record: Sendable {
    public struct Side: Sendable {
        public var headers: [(name: [UInt8], value: [UInt8])]
        public var settings: [(name: String, value: UInt64)]
        public var priority: UInt64?
        public var errorCode: String?

        public init(
            headers: [(name: [UInt8], value: [UInt8])], settings: [(name: String, value: UInt64)], priority: UInt64?,
            errorCode: String?
        ) {
            self.headers = headers
            self.settings = settings
            self.priority = priority
            self.errorCode = errorCode
        }

        /// It says something.
        public var isTold: Bool { !headers.isEmpty || !settings.isEmpty || priority != nil || errorCode != nil }

        func write(_ key: StaticString, _ json: inout JSONWriter) {
            json.object(key) { json in
                if !settings.isEmpty {
                    json.array("settings") { json in
                        for setting in settings {
                            json.object { json in
                                json.member("settings_id", setting.name)
                                json.member("settings_value", setting.value)
                            }
                        }
                    }
                }
                json.member("error_code", errorCode)
                json.member("priority", priority)
            }
        }
    }

    public var streamID: UInt64
    public var request: Side
    public var response: Side

    public init(streamID: UInt64, request: Side, response: Side) {
        self.streamID = streamID
        self.request = request
        self.response = response
    }

    func write(_ json: inout JSONWriter) {
        json.member("version", "2")
        json.member("request_headers", headers: request.headers)
        json.member("response_headers", headers: response.headers)
        json.object("http2") { json in
            json.member("stream_id", streamID)
            request.write("request", &json)
            response.write("response", &json)
        }
    }
}
