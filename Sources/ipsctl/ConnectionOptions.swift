import ArgumentParser
import Control
import Foundation

struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("ipsd's control socket.", valueName: "path")) var control = "/run/rempart/ipsd.sock"

    var client: ControlClient { ControlClient(path: control) }

    /// Runs a request and turns what went wrong into one line and a status.
    func ask<Result>(_ body: (ControlClient) async throws -> Result) async throws -> Result {
        do {
            return try await body(client)
        } catch let error as ControlFailure {
            throw error.status == 0 ? Failure.unusable(error.description) : Failure.unmet(error.description)
        } catch let error as DecodingError {
            throw Failure.unusable("ipsd's answer is not understood: \(error)")
        }
    }
}
