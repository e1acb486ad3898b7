/// Of the programs, as `--version` and the control socket say it.
public enum Version {
    public static let text = "0.1.0"
}
