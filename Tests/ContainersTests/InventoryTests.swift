import Testing

@testable import Containers

@Suite struct InventoryTests {
    private static func container(_ id: String, namespace: Int32? = nil, isSandbox: Bool = false) -> Container {
        var container = Container(id: id, name: "n-\(id)", runtime: .docker, image: "img")
        container.networkNamespace = namespace
        container.isSandbox = isSandbox
        return container
    }

    @Test("A container keeps its number while others come and go, and when it runs again")
    func numbersForLife() {
        let inventory = Inventory()
        inventory.replace(with: [Self.container("a"), Self.container("b")])
        let first = Dictionary(uniqueKeysWithValues: inventory.snapshot.containers.map { ($0.id, $0.number) })
        inventory.replace(with: [Self.container("b"), Self.container("c")])
        #expect(inventory.snapshot.containers.first { $0.id == "b" }?.number == first["b"])
        #expect(inventory.container(number: first["a"] ?? 0)?.id == "a")
        #expect(inventory.snapshot[first["a"] ?? 0] == nil)
        inventory.replace(with: [Self.container("a")])
        #expect(inventory.snapshot.containers.map(\.number) == [first["a"]])
        #expect(!first.values.contains(0))
    }

    @Test("Nothing new makes no new generation")
    func unchanged() {
        let inventory = Inventory()
        inventory.replace(with: [Self.container("a")])
        let generation = inventory.snapshot.generation
        inventory.replace(with: [Self.container("a")])
        #expect(inventory.snapshot.generation == generation)
        #expect(generation != 0)
    }

    @Test("Containers that have ended are forgotten at the limit, the oldest first")
    func departedLimit() {
        var departed = Departed(capacity: 3)
        for number in UInt32(1)...10 {
            var container = Self.container("c\(number)")
            container.number = number
            departed.insert(container)
        }
        #expect((UInt32(1)...10).filter { departed[$0] != nil } == [8, 9, 10])
        #expect(departed.number(of: "c7") == nil)
        #expect(departed.number(of: "c9") == 9)
    }

    @Test("Of those that share a network the first that is no sandbox stands for all")
    func leader() {
        let inventory = Inventory()
        inventory.replace(with: [Self.container("pause", namespace: 7, isSandbox: true)])
        inventory.replace(with: [
            Self.container("pause", namespace: 7, isSandbox: true), Self.container("app", namespace: 7),
            Self.container("other", namespace: 8),
        ])
        let snapshot = inventory.snapshot
        let pause = snapshot.containers.first { $0.id == "pause" }
        #expect(snapshot.leader(of: pause?.number ?? 0)?.id == "app")
        #expect(snapshot.sharing(pause?.number ?? 0).map(\.id).sorted() == ["app", "pause"])
    }

    @Test("A listener gets the present state, then the newest")
    func changes() async {
        let inventory = Inventory()
        inventory.replace(with: [Self.container("a")])
        var iterator = inventory.changes().makeAsyncIterator()
        #expect(await iterator.next()?.containers.map(\.id) == ["a"])
        inventory.replace(with: [])
        inventory.replace(with: [Self.container("b")])
        #expect(await iterator.next()?.containers.map(\.id) == ["b"])
    }
}
