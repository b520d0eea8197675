package jsruntime

import (
	"errors"
	"slices"
	"strings"
)

// Capability returns as one option all that a package grants to scripts under one global, such as "db". [New] refuses a second
// one with that global. declaration is what goes into [Runtime.Declarations] where the functions do not say it themselves,
// because the executor's library makes the global of functions whose names have a colon: statements of TypeScript, or "" for
// none.
func Capability(global, declaration string, opts ...Option) Option {
	opts = slices.Clone(opts)
	return func(c *config) error {
		_, granted := c.capabilities[global]
		switch {
		case !plainName.MatchString(global) || slices.Contains(reservedNames, global):
			return invalid("capability", "%q must be an identifier that is not reserved", global)
		case granted:
			return invalid(global, "is granted twice")
		}
		c.capabilities[global] = strings.TrimSpace(declaration)
		var errs []error
		for _, opt := range opts {
			errs = append(errs, opt(c))
		}
		return errors.Join(errs...)
	}
}

// checkGlobals refuses functions whose global the executor's library makes of others.
func (c *config) checkGlobals() (errs []error) {
	library := map[string]bool{}
	for name := range c.functions {
		if global, _, ok := strings.Cut(name, ":"); ok {
			library[global] = true
		}
	}
	for _, name := range sortedKeys(c.functions) {
		if global, _, _ := strings.Cut(name, "."); library[global] {
			errs = append(errs, invalid("function \""+name+"\"", "the global %s is granted already, as a part of the library", global))
		}
	}
	return errs
}
