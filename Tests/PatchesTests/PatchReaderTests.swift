import Foundation
import Patches
import TestSupport
import Testing

struct PatchReaderTests {
    private let description = """
        id: demo
        title: A demonstration
        cves: [CVE-2024-0001]
        products: [demo]
        affects:
          - purl: pkg:maven/org.example/demo
            versions: ">=1.0,<2.0"
        references: [https://example.org/advisory]
        severity: high
        stage: enforce
        port: 8080
        """

    private func package(_ change: (TemporaryFolder) throws -> Void = { _ in }) throws -> PatchPackage {
        let folder = try TemporaryFolder()
        try folder.write("demo/patch.yaml", description)
        try folder.write("demo/patch.rules", "drop tcp any any -> any any (content:\"x\"; sid:1;)")
        try folder.write("demo/exploit/one.http", "GET /x HTTP/1.1\r\n\r\n")
        try folder.write("demo/benign/one.hex", "47 45 # GE\n54")
        try change(folder)
        return try PatchReader().package("\(folder.path)/demo")
    }

    @Test func aPackage() throws {
        let patch = try package()
        #expect(patch.id == "demo" && patch.cves == ["CVE-2024-0001"] && patch.port == 8080)
        #expect(patch.exploits.map(\.name) == ["one"] && patch.exploits.first?.port == 8080)
        #expect(patch.affects.first?.purl.name == "demo" && patch.affects.first?.versions.contains("1.5") == true && patch.end == nil)
        #expect(patch.benign.first?.bytes == Array("GET".utf8))
    }

    @Test(arguments: [
        ("id: demo", "id: other", "folder's name"), ("severity: high", "severity: huge", "severity"),
        ("title: A demonstration", "", "title"), ("port: 8080", "port: 80800", "port"),
        ("port: 8080", "ports: 80", "unknown key ports"), ("cves: [CVE-2024-0001]", "cves: {a: b}", "cves"),
        ("id: demo", "id: [", "YAML"), ("port: 8080", "end: soon", "patch.yaml:11:6: end: expected a day such as 2026-12-31, found 'soon'"),
        ("port: 8080", "end: 2026-02-30", "end: expected a day"), ("CVE-2024-0001", "CVE-24-1", "patch.yaml:3:8: cves: expected CVE-YEAR-NUMBER"),
        (">=1.0,<2.0", ">=2.0,<1.0", "patch.yaml:7:15: affects: '>=2.0,<1.0': no version is both"),
        (">=1.0,<2.0", "1.0 to 2.0", "expected a Maven version, found '1.0 to 2.0'"), (">=1.0,<2.0", "", "expected a comparison"),
        ("pkg:maven/org.example/demo", "org.example:demo", "patch.yaml:6:11: affects: 'org.example:demo' is not a package URL"),
        ("pkg:maven/org.example/demo", "pkg:maven/org.example/demo@1.0", "without a version"),
        ("versions:", "version:", "affects: expected entries with purl"),
    ])
    func aBrokenDescriptionIsNamed(line: String, replacement: String, says: String) throws {
        do {
            _ = try package {
                try $0.write("demo/patch.yaml", description.replacing(line, with: replacement))
            }
            Issue.record("it was taken")
        } catch let error as PatchError {
            #expect("\(error)".contains(says) && "\(error)".contains("patch.yaml"), "\(error)")
        }
    }

    @Test func anEnd() throws {
        let patch = try package { try $0.write("demo/patch.yaml", description + "\nend: 2026-12-31") }
        #expect(patch.end == PolicyDay("2026-12-31"))
    }

    @Test(arguments: [
        ("demo/exploit/bad.hex", "47 4"), ("demo/exploit/bad.hex", "zz"), ("demo/benign/empty.http", ""),
        ("demo/benign/a.txt", "x"),
    ])
    func aBrokenRequestIsNamed(file: String, text: String) throws {
        #expect(throws: PatchError.self) { _ = try package { try $0.write(file, text) } }
    }

    @Test func theShippedPackages() throws {
        let folder = "\(projectFolder)/rules"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names.count >= 12)
        for name in names {
            do {
                let patch = try PatchReader().package("\(folder)/\(name)")
                #expect(!patch.exploits.isEmpty && !patch.benign.isEmpty, "\(patch.id) proves nothing")
                #expect(!patch.cves.isEmpty || !patch.references.isEmpty)
            } catch {
                Issue.record("\(error)")
            }
        }
    }
}
