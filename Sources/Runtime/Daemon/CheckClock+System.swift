public import Detection
import Glibc

extension CheckClock {
    /// The kernel's monotonic clock and the thread's own.
    public static let system = CheckClock(wall: { read(CLOCK_MONOTONIC) }, thread: { read(CLOCK_THREAD_CPUTIME_ID) })

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        // SAFETY: the kernel writes one timespec.
        guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
