import Patches
import Testing

struct PackageURLTests {
    /// Examples of purl-spec and of its test suite: the text, and its canonical form.
    @Test(arguments: [
        ("pkg:maven/org.apache.commons/io@1.3.4", "pkg:maven/org.apache.commons/io@1.3.4"),
        ("pkg:GOLANG/google.golang.org/genproto@abcdedf#/googleapis/api/annotations/", "pkg:golang/google.golang.org/genproto@abcdedf#googleapis/api/annotations"),
        ("pkg:golang/google.golang.org/genproto#./googleapis/../api", "pkg:golang/google.golang.org/genproto#googleapis/api"),
        ("pkg:bitbucket/birKenfeld/pyGments-main@244fd47e07d1014f0aed9c", "pkg:bitbucket/birkenfeld/pygments-main@244fd47e07d1014f0aed9c"),
        ("pkg:github/Package-url/purl-Spec@244fd47e07d1004f0aed9c", "pkg:github/package-url/purl-spec@244fd47e07d1004f0aed9c"),
        ("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie"),
        ("pkg:docker/customer/dockerimage@sha256:244fd47e07d1004f0aed9c?repository_url=gcr.io", "pkg:docker/customer/dockerimage@sha256:244fd47e07d1004f0aed9c?repository_url=gcr.io"),
        ("pkg:gem/jruby-launcher@1.1.2?Platform=java", "pkg:gem/jruby-launcher@1.1.2?platform=java"),
        ("pkg:Maven/org.apache.xmlgraphics/batik-anim@1.9.1?repositorY_url=repo.spring.io/release&classifier=sources", "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?classifier=sources&repository_url=repo.spring.io%2Frelease"),
        ("pkg:npm/%40angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        ("pkg:npm/@angular/animation", "pkg:npm/%40angular/animation"),
        ("pkg:npm/@angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
        ("pkg:Nuget/EnterpriseLibrary.Common@6.0.1304", "pkg:nuget/enterpriselibrary.common@6.0.1304"),
        ("pkg:PYPI/Django_package@1.11.1.dev1", "pkg:pypi/django-package@1.11.1.dev1"),
        ("pkg:pypi/zope.interface", "pkg:pypi/zope-interface"), ("pkg:pypi/_", "pkg:pypi/_"),
        ("pkg:composer/Guzzlehttp/Promises@2.0.2", "pkg:composer/guzzlehttp/promises@2.0.2"),
        ("pkg:rpm/Fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25", "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25"),
        ("pkg:apk/alpine/apk@2.12.9-r3?arch=x86", "pkg:apk/alpine/apk@2.12.9-r3?arch=x86"),
        ("pkg://maven//org.x/y@1%2B2", "pkg:maven/org.x/y@1%2B2"), ("pkg:generic/a?empty=&b=c%20d", "pkg:generic/a?b=c%20d"),
        ("pkg:generic/redis", "pkg:generic/redis"), ("pkg:deb/debian/x@1:2.3~rc1", "pkg:deb/debian/x@1:2.3~rc1"),
    ])
    func canonicalForm(text: String, canonical: String) throws {
        let url = try PackageURL(text)
        #expect(url.description == canonical)
        #expect(try PackageURL(canonical) == url)
    }

    @Test func parts() throws {
        let url = try PackageURL("pkg:golang/github.com/Grafana/grafana@v8.3.0%2Bx?go=1.17#pkg/api")
        #expect(url.type == "golang" && url.namespace == "github.com/grafana" && url.name == "grafana")
        #expect(url.version == "v8.3.0+x" && url.qualifiers == ["go": "1.17"] && url.subpath == "pkg/api")
    }

    @Test(arguments: [
        ("maven/x/y", "expected pkg:"), ("pkg:maven", "expected TYPE/NAME"), ("pkg:maven/", "expected a name"), ("pkg:/x", "expected TYPE/NAME"),
        ("pkg:1a/x", "expected a type"), ("pkg:n&g/x", "expected a type"), ("pkg:npm/x%zz", "hexadecimal"), ("pkg:npm/x%f", "hexadecimal"),
        ("pkg:npm/x%ff", "not UTF-8"), ("pkg:npm/x?a", "KEY=VALUE"), ("pkg:npm/x?a=1&A=2", "twice"), ("pkg:npm/x?a%=1", "key of a qualifier"),
        ("pkg:npm/a%2fb/x", "slash"), ("", "expected pkg:"),
    ])
    func whatIsWrongIsSaid(text: String, says: String) {
        do {
            _ = try PackageURL(text)
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains(says), "\(error)")
        }
    }

    @Test func aLongTextIsRefused() {
        #expect(throws: PackageURL.Failure.self) { _ = try PackageURL("pkg:npm/" + String(repeating: "a", count: 5000)) }
    }
}
