/// The nine bytes before a frame's payload (RFC 9113, section 4.1).
struct HTTP2FrameHeader {
    static let byteCount = 9

    let length: Int
    let type: UInt8
    let flags: UInt8
    let stream: UInt32

    /// `bytes` are nine.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        type = bytes[3]
        flags = bytes[4]
        stream = UInt32(bytes[5] & 0x7f) << 24 | UInt32(bytes[6]) << 16 | UInt32(bytes[7]) << 8 | UInt32(bytes[8])
    }

    /// END_STREAM of DATA and HEADERS; ACK of SETTINGS and PING.
    var hasFirstFlag: Bool { flags & 0x01 != 0 }
    var endsHeaders: Bool { flags & 0x04 != 0 }
    var isPadded: Bool { flags & 0x08 != 0 }
    var hasPriority: Bool { flags & 0x20 != 0 }
}

/// RFC 9113, section 6.
enum HTTP2FrameType: UInt8 {
    case data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate, continuation

    /// Section 6: which frames belong to a stream, and which to the connection.
    func isAllowed(on stream: UInt32) -> Bool {
        switch self {
        case .settings, .ping, .goAway: stream == 0
        case .windowUpdate: true
        default: stream != 0
        }
    }

    func isValidLength(_ frame: HTTP2FrameHeader) -> Bool {
        switch self {
        case .priority: frame.length == 5
        case .resetStream, .windowUpdate: frame.length == 4
        case .settings: frame.length % 6 == 0 && (!frame.hasFirstFlag || frame.length == 0)
        case .ping: frame.length == 8
        case .goAway: frame.length >= 8
        case .pushPromise: frame.length >= (frame.isPadded ? 5 : 4)
        case .data: frame.length >= (frame.isPadded ? 1 : 0)
        case .headers: frame.length >= (frame.isPadded ? 1 : 0) + (frame.hasPriority ? 5 : 0)
        case .continuation: true
        }
    }

    /// Types of the registry that stand in other documents (ALTSVC, ORIGIN, PRIORITY_UPDATE): skipped in silence.
    static let registeredElsewhere: Set<UInt8> = [0x0a, 0x0c, 0x10]
}

/// What one direction's frames of a transaction said besides headers and body, for rules and events. Of each
/// kind the last `limit` that differ from those before are kept.
public struct HTTP2Frames: Sendable {
    public struct Setting: Hashable, Sendable {
        public let id: UInt16
        public let value: UInt32
    }

    public private(set) var types: [UInt8] = []
    public private(set) var errorCodes: [UInt32] = []
    /// Weights as sent: one less than what they stand for.
    public private(set) var priorities: [UInt8] = []
    public private(set) var windows: [UInt32] = []
    public private(set) var sizeUpdates: [UInt64] = []
    public private(set) var settings: [Setting] = []

    private static let limit = 64

    /// By code (RFC 9113, section 7).
    public static let errorNames = [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
        "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ]
    /// By identifier, from 1 on (RFC 9113, section 6.5.2).
    public static let settingNames = [
        "SETTINGS_HEADER_TABLE_SIZE", "SETTINGS_ENABLE_PUSH", "SETTINGS_MAX_CONCURRENT_STREAMS",
        "SETTINGS_INITIAL_WINDOW_SIZE", "SETTINGS_MAX_FRAME_SIZE", "SETTINGS_MAX_HEADER_LIST_SIZE",
    ]

    mutating func add(type: UInt8) { Self.add(type, to: &types) }
    mutating func add(errorCode: UInt32) { Self.add(errorCode, to: &errorCodes) }
    mutating func add(priority: UInt8) { Self.add(priority, to: &priorities) }
    mutating func add(window: UInt32) { Self.add(window, to: &windows) }
    mutating func add(sizeUpdate: UInt64) { Self.add(sizeUpdate, to: &sizeUpdates) }
    mutating func add(setting: Setting) { Self.add(setting, to: &settings) }

    private static func add<Value: Equatable>(_ value: Value, to values: inout [Value]) {
        guard !values.contains(value) else { return }
        if values.count == limit { values.removeFirst() }
        values.append(value)
    }
}
