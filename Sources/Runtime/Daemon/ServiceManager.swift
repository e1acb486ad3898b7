import CSystemd

/// What systemd is told (sd_notify(3)); nothing happens where it did not start the daemon.
public enum ServiceManager {
    public static func ready(_ status: String) { notify("READY=1\nSTATUS=\(status)") }
    public static func reloading() { notify("RELOADING=1") }
    public static func stopping() { notify("STOPPING=1") }
    public static func alive() { notify("WATCHDOG=1") }
    public static func status(_ text: String) { notify("STATUS=\(text)") }

    /// Half of the watchdog's interval, nil without a watchdog.
    public static var watchdogSeconds: Double? {
        var microseconds: UInt64 = 0
        // SAFETY: the number is written during the call only.
        guard unsafe sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return Double(microseconds) / 2_000_000
    }

    private static func notify(_ state: String) {
        _ = unsafe sd_notify(0, state)
    }
}
