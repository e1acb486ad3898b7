/// Containers that have ended, the newest `capacity` of them.
struct Departed {
    private var byNumber: [UInt32: Container] = [:]
    private var numbers: [String: UInt32] = [:]
    /// In the order of their ends, from `first` on; one that ran again and ended again stands there twice.
    private var order: [UInt32] = []
    private var first = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    subscript(number: UInt32) -> Container? { byNumber[number] }

    func number(of id: String) -> UInt32? { numbers[id] }

    mutating func insert(_ container: Container) {
        byNumber[container.number] = container
        numbers[container.id] = container.number
        order.append(container.number)
        while order.count - first > capacity {
            if let oldest = byNumber.removeValue(forKey: order[first]) { numbers[oldest.id] = nil }
            first += 1
        }
        guard first >= capacity else { return }
        order.removeFirst(first)
        first = 0
    }
}
