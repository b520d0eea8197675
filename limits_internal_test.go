package jsruntime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLimitsAreCappedFieldByFieldByTheTenants(t *testing.T) {
	own := ResourceLimits{
		MaxExecutionTime: 10 * time.Second, MaxMemoryBytes: 100, MaxConcurrentRuns: 10, MaxAPICallsPerMinute: 10,
		MaxOutputSizeBytes: 100,
	}
	lower := ResourceLimits{
		MaxExecutionTime: time.Second, MaxMemoryBytes: 1, MaxConcurrentRuns: 2, MaxAPICallsPerMinute: 3,
		MaxOutputSizeBytes: 4,
	}
	higher := ResourceLimits{
		MaxExecutionTime: time.Minute, MaxMemoryBytes: 101, MaxConcurrentRuns: 11, MaxAPICallsPerMinute: 11,
		MaxOutputSizeBytes: 101,
	}
	negative := ResourceLimits{
		MaxExecutionTime: -1, MaxMemoryBytes: -1, MaxConcurrentRuns: -1, MaxAPICallsPerMinute: -1,
		MaxOutputSizeBytes: -1,
	}
	assert.Equal(t, lower, own.cappedBy(lower))
	assert.Equal(t, own, own.cappedBy(own))
	assert.Equal(t, own, own.cappedBy(higher))
	assert.Equal(t, own, own.cappedBy(ResourceLimits{}), "zero is no cap")
	assert.Equal(t, own, own.cappedBy(negative), "nor is a negative one")

	one := own
	one.MaxMemoryBytes = 7
	assert.Equal(t, one, own.cappedBy(ResourceLimits{MaxMemoryBytes: 7}))
	assert.NoError(t, own.cappedBy(lower).Validate())
}
