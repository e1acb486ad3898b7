import Patches
import TestSupport
import Testing

/// Orders as the ecosystems publish them: each list ascends, `=` joins versions that are the same.
struct VersionOrderTests {
    private func check(_ order: VersionOrder, _ list: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let groups = list.split(separator: " ").map { $0.split(separator: "=").map(String.init) }
        let versions = groups.enumerated().flatMap { place, group in group.map { (place: place, text: $0) } }
        for left in versions {
            for right in versions {
                let expected: VersionComparison =
                    left.place < right.place ? .earlier : left.place > right.place ? .later : .same
                #expect(
                    order.compare(left.text, right.text) == expected, "\(left.text) and \(right.text)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    @Test(arguments: [
        // semver.org, clause 11
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0=v1.0.0=1.0.0+20130313144700=1",
        "1.0.0 2.0.0 2.1.0=2.1 2.1.1 10.0.0", "1.0.0-0.3.7 1.0.0-x.7.z.92", "99999999999999999999999.0.0 99999999999999999999999.0.1",
    ])
    func semanticVersions(list: String) { check(.semantic, list) }

    @Test(arguments: [
        // go.dev/ref/mod, "Pseudo-versions", and Go's own releases
        "v0.0.0-20170915032832-14c0d48ead0c v0.0.0-20191109021931-daa7c04131f5 v0.1.0",
        "v1.2.3-pre v1.2.3-pre.0.20191109021931-daa7c04131f5 v1.2.3=1.2.3=v1.2.3+incompatible v1.2.4-0.20191109021931-daa7c04131f5 v1.2.4",
        "go1.21rc2 go1.21rc3 go1.21=1.21.0 go1.21.1",
    ])
    func goVersions(list: String) { check(.go, list) }

    @Test(arguments: [
        // PEP 440, "Summary of permitted suffixes and relative ordering", and appendix B
        "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0=1=v1.0.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456=1.0-456 1.0.15 1.1.dev1",
        "2023.4 1!1.0", "1.1a1=1.1.a1=1.1-alpha_1 1.1c1=1.1rc1=1.1-pre.1 1.1 1.1.post0=1.1-post=1.1r",
    ])
    func pythonVersions(list: String) { check(.python, list) }

    @Test(arguments: [
        // maven.apache.org/pom.html, "Version Order Specification"
        "1 1.1", "1-snapshot 1 1-sp", "1-foo2 1-foo10", "1.foo=1-foo 1-1 1.1", "1.ga=1-ga=1-0=1.0=1 1-sp", "1-ga 1-sp-1 1-sp.1", "1-ga.1 1-sp.1",
        "1-sp-1 1-ga-1=1-1", "1-a1=1-alpha-1 1-b1=1-beta-1 1-m1=1-milestone-1 1-rc1=1-cr-1 1-SNAPSHOT 1",
        "1-alpha2snapshot 1-alpha2 1-alpha-123 1-beta-2 1-beta123 1-m2 1-m11 1-rc 1-cr2 1-rc123 1-SNAPSHOT 1 1-sp 1-sp2 1-sp123 1-abc 1-def 1-pom-1 1-1-snapshot 1-1 1-2 1-123",
        "2.0 2.0.a 2-1 2.0.2 2.0.123 2.1.0 2.1-a 2.1b 2.1-c 2.1-1 2.1.0.1 2.2 2.123",
        "11.a2 11.a11 11.b2 11.b11 11.m2 11.m11 11 11.a 11b 11c 11m",
        "2.0-beta9 2.0-rc1 2.0=2.0.0.Final 2.0.1 2.15.0",
    ])
    func mavenVersions(list: String) { check(.maven, list) }

    @Test(arguments: [
        // Debian policy 5.6.12, deb-version(7)
        "1.0~~ 1.0~~a 1.0~ 1.0=1.0-0 1.0a 1.0+", "1.0~beta1~svn1245 1.0~beta1 1.0", "0.9-1 0.10-1", "9.9 1:0.1 2:0.0.1",
        "6.0.16-1+deb11u2 6.0.16-1+deb11u10 6.0.16-2", "1.2-3-4 1.2.1-1", "2.4.38-3+deb10u4 2.4.49-1~deb11u1 2.4.49-1",
    ])
    func debianVersions(list: String) { check(.debian, list) }

    @Test(arguments: [
        // rpm's own vercmp cases
        "1.0 2.0 2.0.1 2.0.1a", "5.5p1 5.5p2 5.5p10", "10xyz 10.1xyz", "xyz10 xyz10.1", "8 10.0001=10.1 10.10",
        "1.0~rc1 1.0~rc1^git1 1.0~rc2 1.0 1.0^ 1.0^git1 1.0^git1.1 1.0^git2 1.0.1", "1.0~rc1~git123 1.0~rc1", "2.50 2.0051=2.51",
        "2a 2.0=2_0", "1.0-1.el8 1.0-2.el8 1.0-10.el8 1:0.1-1",
    ])
    func rpmVersions(list: String) {
        check(.rpm, list.replacing("8 10.0001=10.1 10.10", with: "8 10.0001=10.1 10.10"))
    }

    @Test(arguments: [
        // apk-package(5) and the cases of apk-tools
        "0.1.0_alpha 0.1.0_alpha2 0.1.0_beta 0.1.0_pre1 0.1.0_pre2 0.1.0_rc1 0.1.0 0.1.0-r1 0.1.0_cvs 0.1.0_p1 0.1.1",
        "1.2.3-r4 1.2.3-r5 1.2.3-r10 1.2.3_p1-r0 1.2.3a 1.2.3b 1.2.3.1 1.2.10", "2.3.04 2.3.1", "1.0.01 1.0.1=1.0.1", "0.12 0.13_beta 0.13",
        "20050718 20050719", "1.0_p10 1.0_p11", "1.2.0-r2 1.2.0.1-r0",
    ])
    func alpineVersions(list: String) { check(.alpine, list) }

    @Test(arguments: [
        // Gem::Version's documentation and specification
        "1.0.a2 1.0.b1=1.0.0.b1 1.0.rc1 1.0=1=1.0.0", "1.8.2.a9 1.8.2.a10 1.8.2.b 1.8.2", "1.8.2.a 1.9.a 1.9", "2.0.0-rc1=2.0.0.pre.rc1 2.0.0",
        "0.9 0.10 1.1.a 1.1",
    ])
    func gemVersions(list: String) { check(.gem, list) }

    @Test(arguments: [
        // getcomposer.org, "Stability", and version_compare's words
        "1.0.0-dev 1.0.0-alpha1=1.0.0-a1 1.0.0-alpha2 1.0.0-beta1=1.0.0b1 1.0.0-RC1 1.0.0=v1.0=1=1.0.0.0+build 1.0.0-patch1=1.0.0-p1=1.0.0pl1 1.0.1",
        "1.2.3 1.10.0 1.x-dev 2.0.0", "4.8.27 4.8.28 5.0.10 5.6.3", "7.58 7.58.1 8.0.0-beta.2 8.0.0",
    ])
    func composerVersions(list: String) { check(.composer, list) }

    @Test(arguments: [
        // learn.microsoft.com, "Package versioning"
        "1.0.1-aaa=1.0.1-AAA 1.0.1-alpha 1.0.1-alpha.2 1.0.1-alpha.10 1.0.1-beta 1.0.1-open 1.0.1-rc.1 1.0.1-rc.2 1.0.1-zzz 1.0.1=1.0.1.0=1.00.01 1.0.1.2",
    ])
    func nugetVersions(list: String) { check(.nuget, list) }

    @Test(arguments: [
        "1.1.0 1.1.1=1.1.1.0 1.1.1a 1.1.1k 1.1.1z 1.1.1za 1.1.2", "2.0-dev 2.0-beta1 2.0-beta10 2.0-rc1 2.0=v2.0 2.0-p1 2.0.1", "8.2 8.10",
        "RELEASE.2021-01-30T00-20-58Z RELEASE.2021-02-01T00-00-00Z",
    ])
    func genericVersions(list: String) { check(.generic, list) }

    @Test func tagsOfImages() {
        check(.imageTag, "2.4.49=2.4.49-alpine=2.4.49-bookworm 2.4.50-rc1 2.4.50=2.4.50-alpine3.14 10")
        check(.imageTag, "RELEASE.2021-01-30T00-20-58Z RELEASE.2021-02-01T00-00-00Z")
    }

    @Test(arguments: [
        (VersionOrder.semantic, "latest"), (.semantic, "1.2.3.4"), (.semantic, ""), (.semantic, "1..2"), (.go, "(devel)"), (.python, "1.0-foo"),
        (.python, "1.0+"), (.debian, "a:1"), (.debian, "1.0/2"), (.alpine, "foo"), (.alpine, "1.0_new"), (.alpine, "a.39.0-"), (.gem, "junk"),
        (.gem, "1..2"), (.composer, "dev-master"), (.composer, "1.2.3-foo"), (.nuget, "1.2.3.4.5"), (.generic, "latest"), (.imageTag, "stable"),
        (.rpm, "1.0 2"), (.maven, ""), (.maven, String(repeating: "1.", count: 200)), (.semantic, "1.2.é"),
    ])
    func noVersion(order: VersionOrder, text: String) {
        #expect(!order.isVersion(text))
        #expect(order.compare(text, "1.0") == nil && order.compare("1.0", text) == nil)
    }

    /// Whatever the texts: turned around a comparison turns around, and what is before the earlier one is before the later one.
    @Test(arguments: VersionOrder.allCases)
    func theOrderIsTotal(order: VersionOrder) {
        var random = SeededRandom(seed: 7)
        let pieces = ["0", "00", "1", "2", "10", "01", ".", ".", "-", "_", "+", "~", "^", ":", "a", "b", "rc", "alpha", "dev", "post", "p", "-r1", "v", "pre", "x", "_rc1", "sp", "final"]
        func version() -> String {
            (0..<Int.random(in: 0...5, using: &random)).reduce("1") { text, _ in text + (pieces.randomElement(using: &random) ?? "") }
        }
        func place(_ comparison: VersionComparison?) -> Int { comparison == .earlier ? -1 : comparison == .later ? 1 : 0 }
        var compared = 0
        for _ in 0..<1_000 {
            let (a, b, c) = (version(), version(), version())
            guard order.isVersion(a), order.isVersion(b), order.isVersion(c) else { continue }
            let (ab, bc, ac) = (place(order.compare(a, b)), place(order.compare(b, c)), place(order.compare(a, c)))
            #expect(place(order.compare(b, a)) == -ab, "\(a) and \(b)")
            if ab <= 0, bc <= 0 { #expect(ac <= 0 && (ac < 0 || (ab == 0 && bc == 0)), "\(a), \(b), \(c)") }
            compared += 1
        }
        #expect(compared > 0, "\(compared)")
    }
}
