package jsruntime_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestTheDefaultLimitsAreThoseOfTheSpecification(t *testing.T) {
	assert.Equal(t, jsruntime.ResourceLimits{
		MaxExecutionTime:     30 * time.Second,
		MaxMemoryBytes:       64 * 1024 * 1024,
		MaxConcurrentRuns:    5,
		MaxAPICallsPerMinute: 60,
		MaxOutputSizeBytes:   1024 * 1024,
	}, jsruntime.DefaultResourceLimits())
	assert.NoError(t, jsruntime.DefaultResourceLimits().Validate())
}

func TestEachLimitMustBePositive(t *testing.T) {
	type L = jsruntime.ResourceLimits
	for field, set := range map[string]func(*L, int64){
		"limits.maxExecutionTime":     func(l *L, v int64) { l.MaxExecutionTime = time.Duration(v) },
		"limits.maxMemoryBytes":       func(l *L, v int64) { l.MaxMemoryBytes = v },
		"limits.maxConcurrentRuns":    func(l *L, v int64) { l.MaxConcurrentRuns = int(v) },
		"limits.maxAPICallsPerMinute": func(l *L, v int64) { l.MaxAPICallsPerMinute = int(v) },
		"limits.maxOutputSizeBytes":   func(l *L, v int64) { l.MaxOutputSizeBytes = v },
	} {
		for v, want := range map[int64][]string{
			0: {field}, -1: {field}, math.MinInt64: {field}, 1: nil, math.MaxInt64: nil,
		} {
			limits := jsruntime.DefaultResourceLimits()
			set(&limits, v)
			assert.Equal(t, want, fieldsOf(t, limits.Validate()), "%s = %d", field, v)
		}
	}
}

func TestEveryLimitThatIsNotPositiveIsReportedAtOnce(t *testing.T) {
	err := jsruntime.ResourceLimits{}.Validate()
	assert.Equal(t, []string{
		"limits.maxExecutionTime", "limits.maxMemoryBytes", "limits.maxConcurrentRuns",
		"limits.maxAPICallsPerMinute", "limits.maxOutputSizeBytes",
	}, fieldsOf(t, err))
	assert.ErrorIs(t, err, jsruntime.ErrInvalid)
}

func TestLimitsComeBackFromJSON(t *testing.T) {
	want := jsruntime.DefaultResourceLimits()
	raw, err := json.Marshal(want)
	require.NoError(t, err)
	var got jsruntime.ResourceLimits
	require.NoError(t, json.Unmarshal(raw, &got))
	assert.Equal(t, want, got)
}
