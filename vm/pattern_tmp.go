package vm

const maxPatternBytes = 64 << 10

func checkPattern(source string) (message string) { if len(source) > maxPatternBytes { return "too long" }; return "" }
