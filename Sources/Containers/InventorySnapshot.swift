/// The containers that run at one moment.
public struct InventorySnapshot: Sendable {
    /// Grows with each change.
    public let generation: UInt32
    /// Those that run, by number.
    public let containers: [Container]
    private let places: [UInt32: Int]
    private let byNamespace: [Int32: [Int]]

    /// No container runs.
    public static let none = InventorySnapshot(generation: 0, containers: [])

    /// Containers that are not an inventory's, numbered in their order from 1.
    public init(numbering containers: [Container]) {
        self.init(
            generation: 1,
            containers: containers.enumerated().map { index, container in
                var container = container
                container.number = UInt32(index) + 1
                return container
            })
    }

    init(generation: UInt32, containers: [Container]) {
        self.generation = generation
        self.containers = containers.sorted { $0.number < $1.number }
        var places: [UInt32: Int] = [:]
        var byNamespace: [Int32: [Int]] = [:]
        for (index, container) in self.containers.enumerated() {
            places[container.number] = index
            if let namespace = container.networkNamespace, !container.hasHostNetwork {
                byNamespace[namespace, default: []].append(index)
            }
        }
        self.places = places
        self.byNamespace = byNamespace
    }

    /// nil when it does not run.
    public subscript(number: UInt32) -> Container? { places[number].map { containers[$0] } }

    /// Every container with the network of this one, itself included, by number: which of them a packet is for shows
    /// nowhere in it, so a policy that holds for one of them holds for all. Flows carry the number of `leader(of:)`.
    public func sharing(_ number: UInt32) -> [Container] {
        guard let container = self[number] else { return [] }
        guard let namespace = container.networkNamespace, let indices = byNamespace[namespace] else { return [container] }
        return indices.map { containers[$0] }
    }

    /// The one that stands for all that share its network: the first that is not a sandbox.
    public func leader(of number: UInt32) -> Container? {
        let sharing = sharing(number)
        return sharing.first { !$0.isSandbox } ?? sharing.first
    }
}
