package isolate

// Measure is one thing that was done to a worker so that a script that took it over could do little with it.
type Measure struct {
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
	Detail  string `json:"detail,omitempty"` // why it was not applied, or how
}

func measure(name string, err error) Measure {
	if err != nil {
		return Measure{Name: name, Detail: err.Error()}
	}
	return Measure{Name: name, Applied: true}
}

func named(name string, m Measure) Measure {
	m.Name = name
	return m
}

// offUnderRace says why a measure is off.
var offUnderRace = Measure{Detail: "off under the race detector"}

// harden gives up what this process does not need, as far as the system lets it.
func harden() []Measure {
	return append([]Measure{{Name: "no environment", Applied: true, Detail: "but the time zone"}}, hardenSystem()...)
}
