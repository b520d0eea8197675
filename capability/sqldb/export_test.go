package sqldb

// Check says what is wrong with a statement, with the default settings.
func Check(text string) error {
	d := &database{limits: defaultLimits}
	return d.check(text, false)
}
