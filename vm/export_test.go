package vm

// GlobalNames returns the names of the globals that a realm has beyond those of the engine.
func GlobalNames() (names []string) {
	for _, g := range globals {
		names = append(names, g.name)
	}
	return names
}

// AddedNames returns the names of the properties that intrinsics have beyond those of the engine, by the intrinsic.
func AddedNames() map[string][]string {
	names := map[string][]string{}
	for _, m := range library {
		for place, added := range m.adds {
			names[place] = append(names[place], added...)
		}
	}
	return names
}
