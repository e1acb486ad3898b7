import Foundation
import TestSupport
import Testing

@testable import Containers

/// containerd's folders, as its shim makes and removes them.
@Suite(.serialized, .timeLimit(.minutes(1))) struct TaskFolderTests {
    private let folder: TemporaryFolder
    private let inventory = Inventory()
    private let tracker: Tracker
    private let status = RuntimeStatusBoard { _, _ in }

    init() throws {
        folder = try TemporaryFolder()
        tracker = Tracker(inventory: inventory) { _ in }
    }

    private var names: [String] { inventory.snapshot.containers.map(\.name).sorted() }

    private func wait(_ what: String, until condition: () -> Bool) throws {
        for _ in 0..<1500 {
            if condition() { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("waited for: \(what); have \(names), \(status.all)")
    }

    /// As the shim does: the description first, the process once it is there, under another name until it is whole.
    private func add(_ path: String, annotations: String = "{}", process: Int32 = getpid()) throws {
        try folder.write("\(path)/config.json", "{\"annotations\":\(annotations),\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}}")
        try folder.write("\(path)/.init.pid", "\(process)")
        try FileManager.default.moveItem(atPath: "\(folder.path)/\(path)/.init.pid", toPath: "\(folder.path)/\(path)/init.pid")
    }

    private func following(_ body: () throws -> Void) throws {
        let follower = TaskFolderFollower(root: "\(folder.path)/tasks", tracker: tracker, status: status)
        tracker.start()
        follower.start()
        defer {
            follower.stop()
            tracker.stop()
        }
        try body()
    }

    @Test("Tasks that are there, that come and go, and a root that comes late")
    func comeAndGo() throws {
        try following {
            try wait("the root is missed") { status.all.first?.state == .absent("no such folder") }
            try add("tasks/default/one")
            try wait("one") { names == ["one"] }
            try add("tasks/default/two")
            try add("tasks/other/three")
            try wait("three") { names == ["one", "three", "two"] }
            try folder.remove("tasks/default/two")
            try wait("one has gone") { names == ["one", "three"] }
            try folder.remove("tasks")
            try wait("none is left") { names == [] }
            try add("tasks/default/four")
            try wait("the root is back") { names == ["four"] }
        }
    }

    @Test("A pod's containers, a task whose process has ended, and a description that is none")
    func contents() throws {
        try add(
            "tasks/k8s.io/aa",
            annotations: #"{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"p","io.kubernetes.cri.sandbox-namespace":"n"}"#)
        try add(
            "tasks/k8s.io/bb",
            annotations: #"{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.container-name":"app","io.kubernetes.cri.sandbox-id":"aa"}"#)
        try add("tasks/default/ended", process: 99_999_999)
        try add("tasks/default/broken", annotations: "[[[")
        try folder.write("tasks/default/huge/init.pid", "\(getpid())")
        try folder.write("tasks/default/huge/config.json", [UInt8](repeating: 0x20, count: TaskDescription.maximumBytes + 1))
        try folder.write("tasks/default/odd/init.pid", "not a number")
        try following {
            try wait("those that live") { names == ["app", "broken", "huge", "p"] }
            let app = inventory.snapshot.containers.first { $0.name == "app" }
            #expect(app?.pod == "p" && app?.namespace == "n" && app?.runtime == .kubernetes)
        }
    }
}
