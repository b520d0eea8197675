package jsruntime_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func versionRecord() jsruntime.VersionRecord {
	return jsruntime.VersionRecord{
		ID: uuid.New(), ScriptID: uuid.New(), TenantID: uuid.New(), VersionNumber: 3,
		Source: "// SECRET-SOURCE\n" + strings.Repeat("x();\n", 1000), Language: jsruntime.LanguageJavaScript,
		ChangeDescription: "round half up", CreatedAt: time.Date(2026, 5, 5, 5, 5, 5, 5, time.UTC), CreatedBy: 42,
	}
}

func TestAVersionHoldsTheWholeSourceAndWhoChangedItAndWhy(t *testing.T) {
	want := versionRecord()
	v := jsruntime.RestoreVersion(want)
	assert.Equal(t, want.ID, v.ID())
	assert.Equal(t, want.ScriptID, v.ScriptID())
	assert.Equal(t, want.TenantID, v.TenantID())
	assert.Equal(t, want.VersionNumber, v.VersionNumber())
	assert.Equal(t, want.Source, v.Source())
	assert.Equal(t, want.Language, v.Language())
	assert.Equal(t, want.ChangeDescription, v.ChangeDescription())
	assert.Equal(t, want.CreatedAt, v.CreatedAt())
	assert.Equal(t, want.CreatedBy, v.CreatedBy())
}

// Every method only returns something: none takes a value to keep, and the record it was made of is a copy of plain
// values.
func TestAVersionHasGettersOnly(t *testing.T) {
	iface := reflect.TypeFor[jsruntime.Version]()
	for m := range iface.Methods() {
		assert.Zero(t, m.Type.NumIn(), "%s takes nothing", m.Name)
		assert.False(t, strings.HasPrefix(m.Name, "Set"), m.Name)
	}
	record := reflect.TypeFor[jsruntime.VersionRecord]()
	for f := range record.Fields() {
		switch f.Type.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
			t.Errorf("%s could be shared", f.Name)
		}
	}
}

func TestAVersionDoesNotFollowTheRecordItWasMadeOf(t *testing.T) {
	record := versionRecord()
	v := jsruntime.RestoreVersion(record)
	record.Source, record.VersionNumber = "spoiled", 99
	assert.NotEqual(t, "spoiled", v.Source())
	assert.Equal(t, 3, v.VersionNumber())
}

func TestAVersionComesBackFromJSON(t *testing.T) {
	want := versionRecord()
	raw, err := json.Marshal(jsruntime.RestoreVersion(want))
	require.NoError(t, err)
	var got jsruntime.VersionRecord
	require.NoError(t, json.Unmarshal(raw, &got))
	assert.Equal(t, want, got)
	assert.Equal(t, want.Source, jsruntime.RestoreVersion(got).Source())
}

func TestAVersionIsLoggedWithoutItsSource(t *testing.T) {
	v := jsruntime.RestoreVersion(versionRecord())
	out := logged(v)
	assert.NotContains(t, out, "SECRET")
	assert.Equal(t, 2, strings.Count(out, v.ScriptID().String()))
	assert.Contains(t, out, "value.version=3")
}
