import Foundation

/// Where the patches that come with the program are.
public enum ShippedPatches {
    /// `share/rempart/rules` beside the program's `bin`, or `rules` of the checkout that it was built in; nil when neither is there.
    public static var folder: String? {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = Paths.folder(of: program)
        let installed = "\(Paths.folder(of: folder))/share/rempart/rules"
        if Folders.isFolder(installed) { return installed }
        for _ in 0..<5 {
            folder = Paths.folder(of: folder)
            if Folders.isFolder("\(folder)/rules"), FileManager.default.fileExists(atPath: "\(folder)/Package.swift") {
                return "\(folder)/rules"
            }
        }
        return nil
    }
}
