import RuleLanguage

/// The datasets of a rule set while it is being built.
struct DatasetCatalogue {
    private(set) var datasets: [String: Dataset] = [:]
    private let previous: [String: Dataset]

    init(previous: [String: Dataset]) { self.previous = previous }

    /// A set that a file fills is read anew; one that rules fill goes on with what it has.
    mutating func test(
        _ option: DatasetOption, _ compiler: CompilerOptions, ruleFile: String, at location: SourceLocation
    ) throws(CompileError) -> DatasetTest {
        if let known = datasets[option.name] {
            guard option.type == nil || option.type == known.type else {
                throw CompileError(
                    message: "the dataset '\(option.name)' is of type \(known.type.rawValue) elsewhere", location: location,
                    code: .contradiction)
            }
            return DatasetTest(dataset: known, option: option)
        }
        guard let type = option.type ?? previous[option.name]?.type else {
            throw CompileError(message: "the dataset '\(option.name)' needs a type", location: location)
        }
        let dataset: Dataset
        if let path = option.load, !path.isEmpty {
            dataset = Dataset(
                name: option.name, type: type,
                values: try Self.read(path, option, type, compiler, ruleFile: ruleFile, at: location))
        } else if let kept = previous[option.name], kept.type == type {
            dataset = kept
        } else {
            dataset = Dataset(name: option.name, type: type, values: [:])
        }
        datasets[option.name] = dataset
        return DatasetTest(dataset: dataset, option: option)
    }

    private static func read(
        _ path: String, _ option: DatasetOption, _ type: DatasetOption.ValueType, _ compiler: CompilerOptions,
        ruleFile: String, at location: SourceLocation
    ) throws(CompileError) -> [[UInt8]: Dataset.Value] {
        let bytes: [UInt8]
        let objects: [(value: String, object: String)]
        do throws(CompilerOptions.FileFailure) {
            bytes = try compiler.readFile(path, ruleFile)
            objects = option.format == .csv ? [] : try compiler.readJSON(bytes, option)
        } catch {
            throw CompileError(message: error.message, location: location, code: .file)
        }
        guard option.format == .csv else {
            var values: [[UInt8]: Dataset.Value] = [:]
            for (value, object) in objects {
                guard let key = Dataset.value(Array(value.utf8)[...], type, isPlain: true) else {
                    throw CompileError(message: "\(path): '\(value)' is not a value of type \(type.rawValue)", location: location, code: .file)
                }
                values[key] = Dataset.Value(context: object)
            }
            return values
        }
        do throws(Dataset.Failure) {
            return try Dataset.lines(bytes, option, type)
        } catch {
            throw CompileError(message: error.message, location: location, code: .file)
        }
    }
}
