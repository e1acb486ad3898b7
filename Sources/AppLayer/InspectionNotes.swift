/// What detection remembers of a transaction, as far as its parser has to know it.
open class InspectionNotes {
    public init() {}

    /// Bytes that it holds, about.
    open var heldBytes: Int { 0 }
}
