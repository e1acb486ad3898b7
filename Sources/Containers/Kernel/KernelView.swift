internal import CRouteNetlink
import Glibc
import Wire

/// What the kernel says of links, of the network namespaces at their other ends and of the addresses in those. Kept up by
/// the kernel's own notices; one thread has it.
final class KernelView {
    private let requests: RouteSocket
    private let notices: RouteSocket
    /// Notices come from the containers' namespaces too, so that an address that one gives itself is known at once.
    let seesAllNamespaces: Bool
    private var links: [UInt32: RouteMessage.Link] = [:]
    /// By process; only of those that have one.
    private var namespaces: [Int32: Int32] = [:]
    private var addresses: [Int32: Addresses] = [:]
    private(set) var resyncs: UInt64 = 0

    private struct Addresses {
        var list: [IPAddress] = []
        var isStale = true
        /// Not read again before: who changes addresses without end must not keep this thread busy.
        var notBefore = ContinuousClock.now
    }

    /// Addresses of one container that are taken up.
    static let addressesPerNamespace = 64
    /// The share of time that reading one namespace's addresses may take is one in so many.
    private static let restFactor = 50

    init() throws(RouteFailure) {
        requests = try RouteSocket()
        notices = try RouteSocket(groups: [
            Int32(RTNLGRP_LINK.rawValue), Int32(RTNLGRP_IPV4_IFADDR.rawValue), Int32(RTNLGRP_IPV6_IFADDR.rawValue),
            Int32(RTNLGRP_NSID.rawValue),
        ])
        seesAllNamespaces = notices.listenToAllNamespaces()
        links = try requests.links()
    }

    var descriptor: Int32 { notices.descriptor }

    /// Takes up the notices that have come.
    /// - Returns: whether something may be different now.
    func takeNotices() throws(RouteFailure) -> Bool {
        var hasChanged = false
        while true {
            do throws(RouteFailure) {
                guard let (bytes, namespace) = try notices.receive() else { return hasChanged }
                for (_, message) in RouteMessage.read(bytes) where take(message, namespace) { hasChanged = true }
            } catch where error.code == ENOBUFS {
                try resync()
                hasChanged = true
            }
        }
    }

    /// Notices were lost: everything is asked for anew.
    private func resync() throws(RouteFailure) {
        resyncs &+= 1
        links = try requests.links()
        namespaces = [:]
        for namespace in addresses.keys { addresses[namespace]?.isStale = true }
    }

    private func take(_ message: RouteMessage, _ namespace: Int32?) -> Bool {
        if let namespace {
            switch message {
            case .address, .addressGone: return markStale(namespace)
            default: return false
            }
        }
        switch message {
        case .link(let index, let link):
            guard links[index] != link else { return false }
            links[index] = link
            if let peer = link.peerNamespace { _ = markStale(peer) }
            return true
        case .linkGone(let index):
            return links.removeValue(forKey: index) != nil
        case .namespace(let number):
            if let number { forget(number) }
            return number != nil
        case .namespaceGone(let number):
            forget(number)
            return true
        default: return false
        }
    }

    private func markStale(_ namespace: Int32) -> Bool {
        guard addresses[namespace] != nil else { return false }
        addresses[namespace]?.isStale = true
        return true
    }

    /// The number is another namespace's from now on.
    private func forget(_ namespace: Int32) {
        namespaces = namespaces.filter { $0.value != namespace }
        addresses[namespace] = nil
    }

    /// Puts in where the containers are.
    /// - Returns: when to look again, because addresses that have changed were not read yet; nil for no need.
    func place(_ containers: inout [Container]) throws(RouteFailure) -> ContinuousClock.Instant? {
        var lookAgain: ContinuousClock.Instant?
        var ports: [Int32: [Container.Interface]] = [:]
        for (index, link) in links where link.leadsToNamespace {
            guard let peer = link.peerNamespace else { continue }
            ports[peer, default: []].append(.init(index: index, name: link.name, bridge: link.bridge))
        }
        var processes: Set<Int32> = []
        for index in containers.indices {
            guard let process = containers[index].processID, !containers[index].hasHostNetwork else { continue }
            processes.insert(process)
            guard let namespace = try namespace(of: process) else { continue }
            containers[index].networkNamespace = namespace
            containers[index].interfaces = (ports[namespace] ?? []).sorted { $0.index < $1.index }
            let (list, again) = try addresses(in: namespace)
            for address in list where !containers[index].addresses.contains(address) {
                containers[index].addresses.append(address)
            }
            if let again { lookAgain = min(lookAgain ?? again, again) }
        }
        if namespaces.count > processes.count { namespaces = namespaces.filter { processes.contains($0.key) } }
        return lookAgain
    }

    private func namespace(of process: Int32) throws(RouteFailure) -> Int32? {
        if let known = namespaces[process] { return known }
        let found = try requests.namespace(ofProcess: process)
        if let found { namespaces[process] = found }
        return found
    }

    private func addresses(in namespace: Int32) throws(RouteFailure) -> ([IPAddress], again: ContinuousClock.Instant?) {
        var entry = addresses[namespace] ?? Addresses()
        guard entry.isStale else { return (entry.list, nil) }
        let start = ContinuousClock.now
        guard start >= entry.notBefore else { return (entry.list, entry.notBefore) }
        do throws(RouteFailure) {
            entry.list = Array(
                try requests.addresses(namespace: namespace).lazy.filter { !$0.isLocalToLink }
                    .prefix(Self.addressesPerNamespace))
        } catch where error.code != ETIMEDOUT {
            // The namespace has gone, or the kernel does not tell: then the runtime's word counts alone.
            entry.list = []
        }
        let end = ContinuousClock.now
        entry.isStale = false
        entry.notBefore = end + max(.milliseconds(20), (end - start) * Self.restFactor)
        addresses[namespace] = entry
        return (entry.list, nil)
    }
}

extension IPAddress {
    /// Loopback (RFC 1122, RFC 4291) and link-local IPv6: never routed to a container.
    var isLocalToLink: Bool {
        switch family {
        case .ipv4: low >> 24 == 127
        case .ipv6: high >> 54 == 0x3fa || high == 0 && low == 1
        }
    }
}
