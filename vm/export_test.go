package vm

// GlobalNames returns the names of the globals that a realm has beyond those of the engine.
func GlobalNames() (names []string) {
	for _, g := range globals {
		names = append(names, g.name)
	}
	return names
}
