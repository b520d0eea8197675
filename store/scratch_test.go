package store
import ("testing";"fmt";"syscall";"time")
func cpu() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Utime.Nano()+r.Stime.Nano()) }
func TestScratchRate(t *testing.T) {
	raw := openRaw(t)
	value := []byte(fmt.Sprintf("%600s","x"))
	st := openBolt(t, storePath(t))
	run := runner(t, st, 64)
	for _, callers := range []int{64,64,64,64,1,1,1} {
	c0 := cpu()
	r := perSecond(callers, func(int) { for range 3 { raw.write(value) } })
	fmt.Printf("raw %.0f cpu/run %.1fus\n", r, float64((cpu()-c0).Microseconds())/r)
	c0 = cpu()
	q := perSecond(callers, run)
	fmt.Printf("%d %.0f %.2f cpu/run %.1fus\n", callers, q, q/r, float64((cpu()-c0).Microseconds())/q)
	}
}
