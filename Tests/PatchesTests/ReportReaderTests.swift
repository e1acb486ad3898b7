import Patches
import TestSupport
import Testing

struct ReportReaderTests {
    private func report(_ name: String) throws -> ScanReport {
        try ReportReader().report(file: "\(projectFolder)/Tests/Reports/\(name)")
    }

    @Test func trivy() throws {
        let report = try report("trivy.json")
        #expect(report.format == .trivy && report.subject.name == "registry.example/shop/orders:2.3")
        // Of the manifest and of the configuration, not of layers.
        #expect(report.subject.digests.count == 2 && report.warnings.isEmpty)
        let redis = try #require(report.packages.first { $0.name == "redis-server" })
        #expect(redis.version == "5:6.0.15-1" && redis.source == "redis" && redis.url?.type == "deb")
        let finding = try #require(report.findings.first { $0.id == "CVE-2021-44228" })
        #expect(finding.severity == .critical && finding.aliases == ["GHSA-jfh8-c2jp-5v3q"] && finding.package.version == "2.14.1")
        #expect(report.packages.contains { $0.url?.description == "pkg:docker/shop/orders@2.3" })
    }

    @Test func trivyFromBeforePackageURLs() throws {
        let urls = try report("trivy-without-urls.json").packages.compactMap(\.url?.description)
        #expect(urls.contains("pkg:maven/org.springframework/spring-beans@5.3.17"))
        #expect(urls.contains("pkg:composer/phpunit/phpunit@4.8.27"))
    }

    @Test func grype() throws {
        let report = try report("grype.json")
        #expect(report.format == .grype && report.subject.name == "registry.example/shop/storefront:7" && report.subject.digests.count == 2)
        let finding = try #require(report.findings.first)
        #expect(finding.id == "CVE-2021-44228" && finding.aliases == ["GHSA-jfh8-c2jp-5v3q"] && finding.severity == .critical)
        #expect(report.findings.last?.package.source == "nghttp2")
    }

    @Test func cycloneDX() throws {
        let report = try report("cyclonedx.json")
        #expect(report.format == .cyclonedx && report.subject.name == "registry.example/shop/gateway:4" && report.subject.digests.count == 2)
        #expect(report.packages.contains { $0.name == "httpd" && $0.version == "2.4.49" }, "a component in a component")
        #expect(report.findings.map(\.id) == ["CVE-2021-41773", "CVE-2019-0001"], "one is not affected")
        #expect(report.findings.first?.severity == .critical && report.findings.first?.package.name == "httpd")
        #expect(report.warnings.contains { $0.contains("$.vulnerabilities[2].affects[0].ref: no component 'gone'") })
    }

    @Test func spdx() throws {
        let report = try report("spdx.json")
        #expect(report.format == .spdx && report.subject.name == "registry.example/shop/wiki:9.1" && report.subject.digests.count == 1)
        #expect(report.packages.contains { $0.url?.description == "pkg:composer/phpunit/phpunit@5.6.2" })
        #expect(report.findings.isEmpty)
        #expect(report.warnings.contains { $0.contains("1 packages are known by name alone: 'composer:broken@1' is not a package URL") })
    }

    @Test(arguments: [
        ("", "is empty"), ("{", "r:1:2: expected a member's name in quotes"), ("{\"a\":\n 01}", "r:2:2: expected a JSON value"),
        ("{\"a\":\"\u{1}\"}", "a control character"), ("[1]", "$: expected an object (Trivy JSON"), ("{\"SchemaVersion\":1}", "$.SchemaVersion: Trivy's schema 1 is not known; expected 2"),
        ("{\"SchemaVersion\":\"2\"}", "$.SchemaVersion: expected a whole number, found a string"),
        ("{\"SchemaVersion\":2,\"Results\":{}}", "$.Results: expected a list, found an object"),
        ("{\"SchemaVersion\":2,\"Results\":[{\"Type\":\"jar\",\"Vulnerabilities\":[{\"PkgName\":\"a\"}]}]}", "$.Results[0].Vulnerabilities[0]: expected a member VulnerabilityID"),
        ("{\"SchemaVersion\":2,\"Results\":[{\"Vulnerabilities\":[{\"PkgName\":7,\"VulnerabilityID\":\"x\"}]}]}", "$.Results[0].Vulnerabilities[0].PkgName: expected a string, found a number"),
        ("{\"matches\":[{\"artifact\":{\"name\":\"x\"}}]}", "$.matches[0]: expected a member vulnerability"),
        ("{\"matches\":[],\"descriptor\":{\"name\":\"other\"}}", "$.descriptor: made by other; expected"),
        ("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.9\"}", "$.specVersion: CycloneDX 1.9 is not known; expected 1.2, 1.3, 1.4, 1.5, 1.6"),
        ("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.4\",\"components\":[{\"version\":\"1\"}]}", "$.components[0]: expected a member name"),
        ("{\"spdxVersion\":\"SPDX-2.1\"}", "$.spdxVersion: SPDX-2.1 is not known; expected SPDX-2.2 or SPDX-2.3"),
        ("{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":[]}", "an SPDX 3 or other JSON-LD document; expected"),
        ("SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "SPDX in tag-value form; expected"),
        ("<?xml version=\"1.0\"?><bom xmlns=\"http://cyclonedx.org/schema/bom/1.5\"/>", "CycloneDX in XML; expected"), ("<html>", "an XML document; expected"),
        ("{\"a\":1}", "the format is not known; expected Trivy JSON"), ("{} x", "r:1:4: expected the end"), ("{\"a\":\"\\ud800\"}", "not known"),
        ("{\"a\":\"\\q\"}", "unknown escape"), ("{\"a\":tru}", "expected a JSON value"), ("{\"a\":1.}", "expected a JSON value"), ("{\"a\" 1}", "expected ':'"),
    ])
    func whatIsWrongIsSaid(text: String, says: String) {
        do {
            _ = try ReportReader().report(Array(text.utf8), file: "r")
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains(says), "\(error)")
        }
    }

    @Test func deepNestingIsRefused() {
        let text = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect { _ = try ReportReader().report(Array(text.utf8), file: "r") } throws: { "\($0)".contains("nested deeper than 200 levels") }
        let components = String(repeating: "{\"name\":\"x\",\"components\":[", count: 300)
        let nested = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[" + components
        #expect { _ = try ReportReader().report(Array(nested.utf8), file: "r") } throws: { "\($0)".contains("nested deeper") }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let bytes = Array("{\"a\":\"".utf8) + [0xff] + Array("\"}".utf8)
        #expect { _ = try ReportReader().report(bytes, file: "r") } throws: { "\($0)".contains("not UTF-8") }
    }

    @Test func aFileThatIsNotThere() {
        #expect { _ = try ReportReader().report(file: "/nowhere/r.json") } throws: { "\($0)".hasPrefix("/nowhere/r.json: no such file") }
    }

    @Test(arguments: [
        ("nginx", "docker.io/library/nginx:latest"), ("shop/a:1", "docker.io/shop/a:1"), ("index.docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27"),
        ("registry.example:5000/a", "registry.example:5000/a:latest"), ("localhost/a:2@sha256:00", "localhost/a:2"), ("docker.io/nginx", "docker.io/library/nginx:latest"),
    ])
    func references(text: String, normalised: String) { #expect(ImageReference.normalised(text) == normalised) }

    @Test func digests() {
        let digits = String(repeating: "aB", count: 32)
        #expect(ImageReference.digest("x/y@sha256:\(digits)") == "sha256:\(digits.lowercased())")
        #expect(ImageReference.digest("sha256:\(digits)0") == nil && ImageReference.digest("x:sha256:\(digits)") == nil)
    }
}
