@testable import AppLayer
import Testing

struct URINormaliserTests {
    @Test(arguments: [
        ("/plain", "/plain"), ("/a%2fb", "/a/b"), ("/%2e%2e/etc", "/etc"), ("/a/../../b", "/b"), ("/a/./b//c", "/a/b/c"),
        ("/%252e%252e/%252fx", "/x"), ("/%u002e%u002e/x", "/x"), ("/a\\b", "/a/b"), ("/%5c..%5cx", "/x"),
        ("/x?q=%3Cscript%3E", "/x?q=<script>"), ("/x?q=a/../b", "/x?q=a/../b"), ("http://host/a/%62", "/a/b"),
        ("http://host", "/"), ("http://host?q", "?q"), ("/100%", "/100%"), ("/%zz%4", "/%zz%4"), ("/%u00zz", "/%u00zz"),
        ("*", "*"), ("", ""), ("/a/..", "/"), ("/a/b/.", "/a/b/"),
    ])
    func oneSpellingForAll(target: String, uri: String) {
        var isDoubleEncoded = false
        let normalised = URINormaliser.normalise(
            Array(target.utf8), doubleDecodesPath: true, doubleDecodesQuery: false, isDoubleEncoded: &isDoubleEncoded)
        #expect(String(decoding: normalised, as: UTF8.self) == uri)
    }

    @Test func theSecondDecodingCanBeTurnedOff() {
        var isDoubleEncoded = false
        let normalised = URINormaliser.normalise(
            Array("/%252e".utf8), doubleDecodesPath: false, doubleDecodesQuery: false, isDoubleEncoded: &isDoubleEncoded)
        #expect(String(decoding: normalised, as: UTF8.self) == "/%2e")
    }

    @Test(arguments: [("http://host:80/x", "host:80"), ("http://user@host", "host"), ("https://h?q", "h")])
    func authority(target: String, authority: String) {
        #expect(URINormaliser.authority(Array(target.utf8)).map { String(decoding: $0, as: UTF8.self) } == authority)
        #expect(URINormaliser.authority(Array("/path".utf8)) == nil)
    }
}
