import Glibc

/// What libFuzzer calls, in the program that `scripts/fuzz` links; libFuzzer brings `main`. The environment says
/// which target: FUZZ_TARGET. With FUZZ_SEEDS it writes the target's seeds and dictionary there and ends; FUZZ_LIST
/// prints the names of all targets and the lengths of their inputs.
private enum LibFuzzer {
    static let target: FuzzTarget = {
        let name = variable("FUZZ_TARGET") ?? ""
        guard let target = FuzzTarget.named(name) else {
            fail("no target '\(name)'; there are: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
        }
        return target
    }()

    static func start() {
        if variable("FUZZ_LIST") != nil {
            for target in FuzzTarget.all { print(target.name, target.maximumLength) }
            exit(0)
        }
        guard let folder = variable("FUZZ_SEEDS") else { return }
        for (number, seed) in target.seeds().enumerated() { write("\(folder)/seed-\(number)", seed) }
        write("\(folder).dict", Array(target.dictionary.utf8))
        exit(0)
    }

    static func run(_ input: [UInt8]) {
        do {
            try target.run(input)
        } catch {
            print("fuzz: \(target.name): \(error)")
            fflush(nil)
            abort()
        }
    }

    private static func variable(_ name: String) -> String? {
        // SAFETY: the environment is not changed while it is read.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    private static func write(_ path: String, _ bytes: [UInt8]) {
        guard let file = unsafe fopen(path, "w") else { fail("\(path) can't be written") }
        // SAFETY: the file is open, and the array has `count` bytes.
        unsafe fwrite(bytes, 1, bytes.count, file)
        unsafe fclose(file)
    }

    private static func fail(_ message: String) -> Never {
        print("fuzz: \(message)")
        exit(2)
    }
}

@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer) -> Int32 {
    LibFuzzer.start()
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // SAFETY: libFuzzer lends `count` bytes for the call; they are copied.
    LibFuzzer.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
