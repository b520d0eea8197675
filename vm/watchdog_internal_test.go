package vm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheGarbageIsCollectedAgainAfterAWhileWhateverAClockSays(t *testing.T) {
	var w watch
	now := time.Now().Add(time.Second)
	require.True(t, w.mayCollect(now))
	require.False(t, w.mayCollect(now.Add(collectEvery/2)))
	require.True(t, w.mayCollect(now.Add(collectEvery)))
	require.True(t, w.mayCollect(now.AddDate(30, 0, 0)), "in a bubble")
	require.True(t, w.mayCollect(now.Add(2*collectEvery)))
	require.False(t, w.mayCollect(now.Add(3*collectEvery-1)))
}
