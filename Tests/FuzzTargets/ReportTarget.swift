import Patches

/// Reports of scanners and SBOMs, and lists of containers.
extension FuzzTarget {
    static let report = FuzzTarget(
        "report",
        words: ["\"", "{", "}", "[", "]", ",", ":", "null", "1", "\\u", "\"SchemaVersion\":2", "\"purl\":\"pkg:npm/a@1\"", "pkg:", "%2f", "@", "sha256:", "\"components\":["].map { Array($0.utf8) },
        seeds: { reportSeeds.map { Array($0.utf8) } }
    ) { input in
        if let report = try read({ () throws(ReportError) in try ReportReader().report(input, file: "report") }) {
            try promise(report.findings.allSatisfy { !$0.id.isEmpty }, "a finding without a name")
            try promise(Set(report.packages).count == report.packages.count, "a package twice")
            for url in report.packages.compactMap(\.url) {
                try promise((try? PackageURL(url.description)) == url, "\(url) is read as another one")
            }
        }
        _ = try read { () throws(ReportError) in try RunningContainers.read(input, file: "report") }
    }

    /// nil for what is refused, which must say where and why.
    private static func read<Result>(_ body: () throws(ReportError) -> Result) throws -> Result? {
        do throws(ReportError) {
            return try body()
        } catch {
            try promise(error.description.hasPrefix("report:") && !error.message.isEmpty, "an error without a place: \(error)")
            return nil
        }
    }

    private static let reportSeeds = [
        #"{"SchemaVersion":2,"ArtifactName":"shop/a:1","Metadata":{"ImageID":"sha256:00","RepoDigests":["a@sha256:1"]},"Results":[{"Type":"jar","Packages":[{"Name":"a:b","Version":"1","Release":"2","Epoch":3,"SrcName":"c","Identifier":{"PURL":"pkg:maven/a/b@1?x=y#z"}}],"Vulnerabilities":[{"VulnerabilityID":"CVE-2024-0001","PkgName":"a:b","InstalledVersion":"1","Severity":"HIGH"}]}]}"#,
        #"{"matches":[{"vulnerability":{"id":"GHSA-1","severity":"Low"},"relatedVulnerabilities":[{"id":"CVE-2024-0001"}],"artifact":{"name":"a","version":"1","purl":"pkg:npm/%40a/b@1","upstreams":[{"name":"c"}]}}],"source":{"target":{"userInput":"a:1","repoDigests":[],"manifestDigest":"sha256:1"}}}"#,
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"name":"a","version":"1","type":"container","hashes":[{"alg":"SHA-256","content":"0"}]}},"components":[{"bom-ref":"r","name":"a","version":"1","purl":"pkg:pypi/A_b@1","components":[]}],"vulnerabilities":[{"id":"CVE-2024-0001","ratings":[{"severity":"high"}],"affects":[{"ref":"urn:cdx:s/1#r"}]}]}"#,
        #"{"spdxVersion":"SPDX-2.3","name":"a","packages":[{"SPDXID":"x","name":"a","versionInfo":"1","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:deb/debian/a@1:2-3?arch=x"}]}],"relationships":[{"relationshipType":"DESCRIBES","relatedSpdxElement":"x"}]}"#,
        #"{"containers":[{"id":"1","name":"a","runtime":"docker","image":"a:1","labels":{"x":"y"},"sandbox":false}]}"#,
    ]
}
