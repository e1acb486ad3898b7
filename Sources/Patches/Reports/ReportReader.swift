import Foundation

/// Reads reports of scanners and SBOMs; the format is told from the document itself.
public struct ReportReader {
    /// Larger reports are refused.
    public static let limitBytes = 128 << 20
    public static let expectation = "Trivy JSON (SchemaVersion 2), Grype JSON, CycloneDX JSON 1.2 to 1.6 or SPDX JSON 2.2 or 2.3"

    public init() {}

    public func report(file: String) throws(ReportError) -> ScanReport {
        guard FileManager.default.fileExists(atPath: file) else { throw ReportError(file: file, message: "no such file") }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            data = try handle.read(upToCount: Self.limitBytes + 1) ?? Data()
        } catch {
            throw ReportError(file: file, message: "can't be read (\((error as NSError).localizedDescription))")
        }
        guard data.count <= Self.limitBytes else {
            throw ReportError(file: file, message: "larger than \(Self.limitBytes >> 20) MiB")
        }
        return try report(Array(data), file: file)
    }

    /// - Parameter file: its name in errors.
    public func report(_ bytes: [UInt8], file: String) throws(ReportError) -> ScanReport {
        try refuseOthers(bytes, file)
        let document: JSONDocument
        do throws(JSONParser.Failure) {
            document = try JSONParser.parse(bytes)
        } catch {
            throw ReportError(file: file, place: .position(line: error.line, column: error.column), message: error.message)
        }
        let root = ReportNode(value: document, path: "$", file: file)
        guard root.isObject else { throw root.error("expected an object (\(Self.expectation)), found \(document.kind)") }
        if root.has("SchemaVersion") { return try TrivyReport.read(root) }
        if root.has("bomFormat") { return try CycloneDXReport.read(root) }
        if root.has("spdxVersion") { return try SPDXReport.read(root) }
        if root.has("matches") { return try GrypeReport.read(root) }
        if root.has("@context") { throw root.error("an SPDX 3 or other JSON-LD document; expected \(Self.expectation)") }
        throw root.error("the format is not known; expected \(Self.expectation)")
    }

    /// Formats that are not JSON, by how they begin.
    private func refuseOthers(_ bytes: [UInt8], _ file: String) throws(ReportError) {
        let start = bytes.drop { $0 <= 0x20 || $0 >= 0x80 }.prefix(4_096)
        guard let first = start.first else { throw ReportError(file: file, message: "is empty; expected \(Self.expectation)") }
        let text = String(decoding: start, as: UTF8.self)
        var found: String?
        if first == UInt8(ascii: "<") {
            found = text.contains("cyclonedx.org") ? "CycloneDX in XML" : "an XML document"
        } else if text.hasPrefix("SPDXVersion:") {
            found = "SPDX in tag-value form"
        }
        if let found { throw ReportError(file: file, message: "\(found); expected \(Self.expectation)") }
    }
}
