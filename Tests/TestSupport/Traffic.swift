@_exported public import Traffic
