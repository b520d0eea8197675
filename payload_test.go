package jsruntime_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

func TestAnEventStartsTheScriptsWhoseFilterItsPayloadMatches(t *testing.T) {
	type fields = map[string]any
	for name, c := range map[string]struct {
		filter  fields
		payload any
		starts  bool
	}{
		"no filter":                             {nil, 1, true},
		"equal text":                            {fields{"a": "x"}, fields{"a": "x", "b": 1}, true},
		"other text":                            {fields{"a": "x"}, fields{"a": "X"}, false},
		"all fields":                            {fields{"a": "x", "b": true}, fields{"a": "x", "b": true}, true},
		"one of them differs":                   {fields{"a": "x", "b": true}, fields{"a": "x", "b": false}, false},
		"an integer is a number":                {fields{"a": 7}, fields{"a": 7.0}, true},
		"a number is no text":                   {fields{"a": 7}, fields{"a": "7"}, false},
		"false is not zero":                     {fields{"a": false}, fields{"a": 0}, false},
		"null":                                  {fields{"a": nil}, fields{"a": nil}, true},
		"null is not nothing":                   {fields{"a": nil}, fields{}, false},
		"a list is nothing that is asked for":   {fields{"a": "x"}, fields{"a": []string{"x"}}, false},
		"nor is an object":                      {fields{"a": nil}, fields{"a": fields{}}, false},
		"within objects":                        {fields{"a.b.c": 1}, fields{"a": fields{"b": fields{"c": 1}}}, true},
		"not within lists":                      {fields{"a.0": 1}, fields{"a": []int{1}}, false},
		"a name with a dot":                     {fields{"a.b": 1}, fields{"a.b": 1}, true},
		"a name with a dot that is not nested":  {fields{"a.b": 1}, fields{"a": fields{"c": 1}, "a.b": 1}, true},
		"what is nested comes before that":      {fields{"a.b": 1}, fields{"a": fields{"b": 2}, "a.b": 1}, false},
		"a name with a dot only outermost":      {fields{"a.b.c": 1}, fields{"a": fields{"b.c": 1}}, false},
		"a payload that is no object":           {fields{"a": 1}, []int{1}, false},
		"a payload that is null":                {fields{"a": nil}, nil, false},
		"a payload that is nested, and no more": {fields{strings.Repeat("a.", 40) + "a": 1}, deep(1000), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus := jsruntime.NewBus()
				defer bus.Close()
				w := newWorld(t, jsruntime.WithEventBus(bus))
				require.NoError(t, w.Start(t.Context()))
				w.active("x", jsruntime.WithEventTypes("a"), jsruntime.WithEventFilter(c.filter))
				w.publish("a", c.payload)
				require.NoError(t, bus.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "a", c.payload)), "from elsewhere")
				synctest.Wait()
				want := 0
				if c.starts {
					want = 2
				}
				require.Len(t, w.fake.seen(), want)
				require.NoError(t, w.Stop(t.Context()))
			})
		})
	}
}

// deep returns objects within one another.
func deep(levels int) any {
	v := map[string]any{}
	for range levels - 1 {
		v = map[string]any{"a": v}
	}
	return v
}
