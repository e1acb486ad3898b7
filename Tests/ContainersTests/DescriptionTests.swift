import Foundation
import Testing
import Wire

@testable import Containers

/// From the words of the runtimes to a container.
@Suite struct DescriptionTests {
    @Test("Names of images in their full form", arguments: [
        ("nginx", "docker.io/library/nginx:latest"), ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("shop/web", "docker.io/shop/web:latest"), ("localhost/web:1", "localhost/web:1"),
        ("registry.example:5000/a/b", "registry.example:5000/a/b:latest"), ("index.docker.io/a/b:1", "docker.io/a/b:1"),
        ("web@sha256:00", "docker.io/library/web@sha256:00"), ("sha256:1234", "sha256:1234"), ("0123456789ab", "0123456789ab"),
        ("", ""),
    ])
    func imageNames(short: String, full: String) {
        #expect(ImageName.full(short) == full)
    }

    @Test("Repository and digest of a name")
    func parts() {
        #expect(ImageName.repository("r.example:5000/a/b:1.2") == "r.example:5000/a/b")
        #expect(ImageName.repository("nginx@sha256:00") == "docker.io/library/nginx")
        #expect(ImageName.digest("nginx@sha256:00") == "sha256:00")
        #expect(ImageName.digest("nginx:1") == nil)
    }

    private static func inspected(_ json: String) throws -> DockerAPI.Inspected {
        try JSONDecoder().decode(DockerAPI.Inspected.self, from: Data(json.utf8))
    }

    @Test("Docker's description")
    func docker() throws {
        let json = #"""
            {"Id":"85bc","Name":"/web","Image":"sha256:af38","State":{"Running":true,"Pid":42},"HostConfig":{"NetworkMode":"default"},
             "Config":{"Image":"shop/web:1","Labels":{"app":"shop","com.docker.compose.project":"p","com.docker.compose.service":"s"}},
             "NetworkSettings":{"Networks":{"a":{"IPAddress":"198.18.10.2","GlobalIPv6Address":"fd00:198:18::2"},"b":{"IPAddress":""}}}}
            """#
        let container = try #require(Container(try Self.inspected(json), runtime: .docker))
        #expect(container.name == "web" && container.image == "docker.io/shop/web:1" && container.imageID == "sha256:af38")
        #expect(container.composeProject == "p" && container.composeService == "s" && container.labels["app"] == "shop")
        #expect(container.processID == 42 && !container.hasHostNetwork)
        #expect(container.addresses.map(\.description) == ["198.18.10.2", "fd00:198:18::2"])
        #expect(container.runs(digest: "sha256:af38") && !container.runs(digest: "sha256:00"))
    }

    @Test("One that does not run, one with the host's network, and ids that are none")
    func others() throws {
        let stopped = try Self.inspected(#"{"Id":"1","State":{"Pid":0},"HostConfig":{"NetworkMode":"host"}}"#)
        let container = try #require(Container(stopped, runtime: .podman))
        #expect(container.processID == nil && container.hasHostNetwork && container.name == "1")
        for id in ["", "../x", "a/b", "a b", ".x", String(repeating: "a", count: 129)] {
            #expect(Container(try Self.inspected("{\"Id\":\"\(id)\"}"), runtime: .docker) == nil, "\(id)")
        }
    }

    @Test("What a runtime says is bounded, and terminals are not given orders")
    func bounded() throws {
        let labels = (0..<2000).map { "\"k\($0)\":\"\(String(repeating: "v", count: 5000))\"" }.joined(separator: ",")
        let json = "{\"Id\":\"1\",\"Name\":\"/a\\u001b[2Jb\\n\",\"Config\":{\"Labels\":{\(labels)}}}"
        let container = try #require(Container(try Self.inspected(json), runtime: .docker))
        #expect(container.name == "a[2Jb")
        #expect(container.labels.count == Container.labelLimit)
        #expect(container.labels.values.allSatisfy { $0.utf8.count <= Container.textLimit })
    }

    @Test("Events name the container in each runtime's way")
    func events() throws {
        func container(_ json: String) throws -> String? {
            try JSONDecoder().decode(DockerAPI.Event.self, from: Data(json.utf8)).container
        }
        #expect(try container(#"{"Type":"container","Action":"start","Actor":{"ID":"c1"}}"#) == "c1")
        #expect(try container(#"{"Type":"network","Action":"connect","Actor":{"ID":"n1","Attributes":{"container":"c2"}}}"#) == "c2")
        #expect(try container(#"{"Type":"network","Action":"connect","id":"c3","Actor":{"ID":"c3","Attributes":{}}}"#) == "c3")
        #expect(try container(#"{"Type":"image","Action":"pull","Actor":{"ID":"i"}}"#) == nil)
    }

    @Test("What containerd's CRI writes into the bundle names pod, namespace and container")
    func kubernetes() throws {
        func description(_ json: String) throws -> TaskDescription {
            try JSONDecoder().decode(TaskDescription.self, from: Data(json.utf8))
        }
        let sandbox = Container(
            id: "s1", namespace: "k8s.io", processID: 5,
            try description(#"""
                {"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-id":"s1",
                 "io.kubernetes.cri.sandbox-name":"web-7d","io.kubernetes.cri.sandbox-namespace":"prod"},
                 "linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/var/run/netns/cni-1"}]}}
                """#))
        #expect(sandbox.isSandbox && sandbox.runtime == .kubernetes && sandbox.pod == "web-7d" && sandbox.namespace == "prod")
        let app = Container(
            id: "c1", namespace: "k8s.io", processID: 6,
            try description(#"""
                {"annotations":{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"app",
                 "io.kubernetes.cri.image-name":"r.example/shop/app@sha256:77","io.kubernetes.cri.sandbox-id":"s1"},
                 "linux":{"namespaces":[{"type":"network"}]}}
                """#), sandboxes: ["s1": sandbox])
        #expect(app.name == "app" && app.pod == "web-7d" && app.namespace == "prod" && !app.isSandbox)
        #expect(app.image == "r.example/shop/app@sha256:77" && app.digest == "sha256:77" && !app.hasHostNetwork)
        let plain = Container(id: "one", namespace: "default", processID: 7, try description(#"{"linux":{"namespaces":[{"type":"pid"}]}}"#))
        #expect(plain.runtime == .containerd && plain.name == "one" && plain.hasHostNetwork && plain.pod == nil)
    }
}
