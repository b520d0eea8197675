package store

import (
	"slices"

	"github.com/jsruntime/jsruntime"
)

// route is what decides whether the routes of two scripts overlap. It is kept apart from the script, whose source can
// be long, because a new route is compared with all of the tenant.
type route struct {
	Path    string   `json:"path"`
	Methods []string `json:"methods,omitempty"`
}

// routeOf returns the script's route, or nil when it has none.
func routeOf(s jsruntime.ScriptRecord) *route {
	if s.Type != jsruntime.ScriptTypeHTTP || s.Status == jsruntime.ScriptStatusArchived {
		return nil
	}
	return &route{s.HTTPPath, s.HTTPMethods}
}

func (r *route) equal(other *route) bool {
	return other != nil && r.Path == other.Path && slices.Equal(r.Methods, other.Methods)
}

// record returns a script with this route, for RoutesOverlap.
func (r *route) record() jsruntime.ScriptRecord {
	return jsruntime.ScriptRecord{Type: jsruntime.ScriptTypeHTTP, HTTPPath: r.Path, HTTPMethods: r.Methods}
}
