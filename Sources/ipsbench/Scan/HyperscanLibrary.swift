import Glibc

/// The functions of Hyperscan 5 that are needed, from the library found at run time.
///
/// Source: hs_compile.h and hs_runtime.h of Hyperscan 5.4.
@safe
struct HyperscanLibrary {
    typealias Handle = OpaquePointer
    typealias MatchHandler = @convention(c) (UInt32, UInt64, UInt64, UInt32, UnsafeMutableRawPointer?) -> Int32

    typealias CompileMulti = @convention(c) (
        UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UInt32>, UnsafePointer<UInt32>, UInt32, UInt32,
        UnsafeRawPointer?, UnsafeMutablePointer<Handle?>, UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> Int32
    typealias FreeCompileError = @convention(c) (UnsafeMutableRawPointer?) -> Int32
    typealias AllocScratch = @convention(c) (Handle?, UnsafeMutablePointer<Handle?>) -> Int32
    typealias Free = @convention(c) (Handle?) -> Int32
    typealias Scan = @convention(c) (
        Handle?, UnsafePointer<CChar>?, UInt32, UInt32, Handle?, MatchHandler?, UnsafeMutableRawPointer?
    ) -> Int32
    typealias OpenStream = @convention(c) (Handle?, UInt32, UnsafeMutablePointer<Handle?>) -> Int32
    typealias CloseStream = @convention(c) (Handle?, Handle?, MatchHandler?, UnsafeMutableRawPointer?) -> Int32
    typealias Version = @convention(c) () -> UnsafePointer<CChar>?

    let compileMulti: CompileMulti
    let freeCompileError: FreeCompileError
    let freeDatabase: Free
    let allocScratch: AllocScratch
    let freeScratch: Free
    let scan: Scan
    let openStream: OpenStream
    let scanStream: Scan
    let closeStream: CloseStream
    let version: String

    /// nil when the library is not installed.
    init?() {
        guard let library = unsafe dlopen("libhs.so.5", RTLD_NOW | RTLD_LOCAL) else { return nil }
        // SAFETY: each symbol is the C function of that name, whose declaration in Hyperscan's headers the type
        // repeats; hs_scan_stream has the arguments of hs_scan. The library stays loaded until the process ends.
        func function<Function>(_ name: String, as type: Function.Type) -> Function? {
            unsafe dlsym(library, name).map { unsafe unsafeBitCast($0, to: type) }
        }
        guard let compileMulti = unsafe function("hs_compile_multi", as: CompileMulti.self),
            let freeCompileError = unsafe function("hs_free_compile_error", as: FreeCompileError.self),
            let freeDatabase = unsafe function("hs_free_database", as: Free.self),
            let allocScratch = unsafe function("hs_alloc_scratch", as: AllocScratch.self),
            let freeScratch = unsafe function("hs_free_scratch", as: Free.self),
            let scan = unsafe function("hs_scan", as: Scan.self),
            let openStream = unsafe function("hs_open_stream", as: OpenStream.self),
            let scanStream = unsafe function("hs_scan_stream", as: Scan.self),
            let closeStream = unsafe function("hs_close_stream", as: CloseStream.self),
            let version = unsafe function("hs_version", as: Version.self)
        else { return nil }
        unsafe self.compileMulti = compileMulti
        unsafe self.freeCompileError = freeCompileError
        unsafe self.freeDatabase = freeDatabase
        unsafe self.allocScratch = allocScratch
        unsafe self.freeScratch = freeScratch
        unsafe self.scan = scan
        unsafe self.openStream = openStream
        unsafe self.scanStream = scanStream
        unsafe self.closeStream = closeStream
        // SAFETY: hs_version gives a string that lives as long as the library.
        self.version = unsafe version().map { unsafe String(cString: $0) } ?? "unknown"
    }
}
