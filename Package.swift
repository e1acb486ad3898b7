// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableExperimentalFeature("Lifetimes"),
]

/// A room of the engine: what it may import is exactly what is listed here.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = settings) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Rooms that each packet goes through. Checks of exclusive access at run time were a fifth of its instructions: debug
/// builds, in which the tests run, keep them, and so does `make fuzz`.
let hot = settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

func tests(_ room: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(room)Tests",
        dependencies: [.byName(name: room), "TestSupport"] + dependencies,
        swiftSettings: settings)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "rempart",
    products: [
        .executable(name: "ipsd", targets: ["ipsd"]),
        .executable(name: "ipsctl", targets: ["ipsctl"]),
        .executable(name: "ipsbench", targets: ["ipsbench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CNetfilterQueue", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CMagic", pkgConfig: "libmagic", providers: [.apt(["libmagic-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CRouteNetlink"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),

        room("Wire", [], hot),
        room("Traffic", ["Wire"]),
        .target(name: "CVectorFilter"),
        room("MultiPattern", ["CVectorFilter"], hot),
        room("Flow", ["Wire"], hot),
        room("AppLayer", ["Wire", "CBrotli", "CLZMA", "CMagic", "CMalloc", "CZlib", "CZstd"], hot),
        room("RuleLanguage", ["Wire"]),
        room("Detection", ["Wire", "AppLayer", "RuleLanguage", "MultiPattern", "CPCRE2"], hot),
        room("Events", ["Wire"]),
        room("Inspection", ["Wire", "Flow", "AppLayer", "RuleLanguage", "Detection", "Events"], hot),
        room("PacketIO", ["Wire", "CNetfilterQueue"]),
        room("Hook"),
        room("LocalHTTP", [nioCore, nioPosix, nioHTTP1]),
        room("Containers", ["Wire", "LocalHTTP", "CRouteNetlink"]),
        room("Patches", ["Containers", "RuleLanguage", "Wire", yams]),
        room("Control", ["LocalHTTP", hummingbird, httpTypes, nioCore, nioPosix, nioHTTP1, nioFoundation, logging, lifecycle]),
        room(
            "Runtime",
            [
                "Wire", "Traffic", "Flow", "AppLayer", "RuleLanguage", "Detection", "Events", "Inspection", "PacketIO",
                "Containers", "Patches", "CMalloc", "CSystemd", yams, logging,
            ]),

        command(
            "ipsd", ["Runtime", "Control", "Containers", "Wire", "Flow", "RuleLanguage", "Detection", "Events", "Inspection", argumentParser, logging, unixSignals]),
        command(
            "ipsctl",
            [
                "Runtime", "Control", "Containers", "Hook", "Patches", "RuleLanguage", "Detection", "Events", "Inspection", "PacketIO",
                "Wire",
                argumentParser,
            ]),
        command(
            "ipsbench",
            [
                "Runtime", "MultiPattern", "Wire", "Traffic", "Flow", "RuleLanguage", "Detection", "Inspection", "PacketIO",
                "Patches", "CMalloc", argumentParser,
            ]),

        .target(name: "TestSupport", dependencies: ["Wire", "Traffic"], path: "Tests/TestSupport", swiftSettings: settings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "TestSupport", "Wire", "MultiPattern", "Flow", "AppLayer", "RuleLanguage", "Detection", "Events", "Inspection",
                "PacketIO", "Patches", "Runtime",
            ],
            path: "Tests/FuzzTargets", swiftSettings: settings),
        tests("FuzzTargets"),
        .systemLibrary(name: "CTun", path: "Tests/CTun"),
        .target(
            name: "LinuxComparison",
            dependencies: ["TestSupport", "Traffic", "Wire", "Flow", "Detection", "Events", "Inspection", "CTun"],
            path: "Tests/LinuxComparison", swiftSettings: settings),
        .executableTarget(
            name: "ipssoak", dependencies: ["LinuxComparison", argumentParser], path: "Tests/Soak", swiftSettings: settings),
        tests("LinuxComparison"),
        tests("Wire"),
        tests("MultiPattern"),
        tests("Flow", ["Wire"]),
        tests("AppLayer", ["Wire"]),
        tests("RuleLanguage"),
        tests("Detection", ["Wire", "AppLayer", "RuleLanguage", "MultiPattern"]),
        tests("Events", ["Wire"]),
        tests("Inspection", ["Wire", "Flow", "AppLayer", "Detection", "Events", "RuleLanguage"]),
        tests("PacketIO", ["Wire"]),
        tests("Hook"),
        tests("Containers", ["Wire", "LocalHTTP"]),
        tests("Patches", ["Containers", "RuleLanguage", "Wire"]),
        tests("Control", [logging, nioCore]),
        tests("Runtime", ["Containers", "Wire", "Flow", "Inspection", "Events", "Detection", "RuleLanguage", "PacketIO", "Patches"]),
        .testTarget(
            name: "SystemTests",
            dependencies: ["TestSupport", "Wire", "Traffic", "Containers", "Events", "Inspection", "PacketIO", "Patches", "Runtime", "ipsd", "ipsctl", logging],
            swiftSettings: settings),
    ]
)
