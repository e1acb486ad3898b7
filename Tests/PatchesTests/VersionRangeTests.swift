import Patches
import Testing

struct VersionRangeTests {
    @Test(arguments: [
        (VersionOrder.generic, ">=2.4.49,<2.4.51", "2.4.48 2.4.51 2.4.51.1 2.5", "2.4.49 2.4.50 2.4.50.9"),
        (.generic, ">= 1.0 , < 2.0", "0.9 2.0", "1.0 1.9"), (.generic, "*", "", "1 latest"),
        (.generic, "<1.2||>=2.0,<2.1", "1.2 1.9 2.1", "1.1 2.0 2.0.5"), (.generic, "1.5 || =1.7", "1.6", "1.5 1.7 1.7.0"),
        (.generic, ">1,!=1.5,<=2", "1 1.5 2.1", "1.1 2"), (.maven, ">=2.0-beta9,<2.15.0", "2.0-beta8 2.15.0", "2.0-beta9 2.0-rc1 2.14.1"),
        (.debian, "<5:6.0.16-1+deb11u2", "5:6.0.16-1+deb11u2 5:7.0", "5:6.0.16-1 4:9.0 6.2"),
        (.python, "<=1.0", "1.0.post1 1.1+x", "1.0 1.0+local.1 1.0rc1"), (.python, "<=1.0+a", "1.0+b", "1.0 1.0+a"),
        (.rpm, "<=1.2.3", "1.2.4-1.el8", "1.2.3-9.el8 1.2.3"), (.rpm, "<1.2.3-5.el8", "1.2.3-5.el8", "1.2.3-4.el8"),
        (.imageTag, "<7.4.17", "7.5 8 7.4.17-apache", "7.4.16-apache 7.3 6"),
    ])
    func versions(order: VersionOrder, text: String, outside: String, inside: String) throws {
        let range = try VersionRange(text, order: order)
        for version in outside.split(separator: " ") { #expect(range.contains(String(version)) == false, "\(version)") }
        for version in inside.split(separator: " ") { #expect(range.contains(String(version)) == true, "\(version)") }
    }

    @Test(arguments: [
        (VersionOrder.imageTag, "<7.4.17", "7.4-apache"), (.imageTag, "<7.4.17", "7"), (.imageTag, "<7.4.17", "latest"), (.go, "<1.2.0", "(devel)"),
    ])
    func whatCannotBeSaid(order: VersionOrder, text: String, version: String) throws {
        #expect(try VersionRange(text, order: order).contains(version) == nil)
    }

    @Test(arguments: [
        (VersionOrder.generic, "", "expected a comparison"), (.generic, ">=1,", "expected a comparison"), (.generic, "1||", "expected a comparison"),
        (.generic, "<", "found '<'"), (.generic, "before 2", "a version, found 'before 2'"), (.generic, "<latest", "a version, found 'latest'"),
        (.semantic, "<1.2.3.4", "a semantic version, found '1.2.3.4'"), (.generic, ">=2,<1", "no version is both >=2 and <1"),
        (.generic, ">1,<=1", "no version is both"), (.maven, "<2.15,>=2.15-beta1,>3", "no version is both >3 and <2.15"),
        (.generic, "[1.0,2.0)", "found '[1.0'"), (.generic, "=>1", "found '>1'"),
    ])
    func whatIsWrongIsSaid(order: VersionOrder, text: String, says: String) throws {
        do {
            _ = try VersionRange(text, order: order)
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains(says), "\(error)")
        }
    }
}
