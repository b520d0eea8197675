package executortest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var timerTests = []test{
	{"timers", timers},
}

func timers(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"fire in the order of their time":             {`const a = []; setTimeout(() => a.push(2), 20); setTimeout(() => a.push(1), 10); await new Promise(r => setTimeout(r, 30)); return a`, `[1,2]`},
		"and of their creation":                       {`const a = []; for (let i = 0; i < 5; i++) { setTimeout(() => a.push(i), 5) } await new Promise(r => setTimeout(r, 5)); return a`, `[0,1,2,3,4]`},
		"get their arguments":                         {`return await new Promise(r => setTimeout((a, b) => r([a, b]), 1, "x", 2))`, `["x",2]`},
		"negative, absent and odd delays are none":    {`const a = []; setTimeout(() => a.push(1), -5); setTimeout(() => a.push(2), NaN); setTimeout(() => a.push(3)); setTimeout(() => a.push(4), "x"); await new Promise(r => setTimeout(r)); return a`, `[1,2,3,4]`},
		"intervals repeat until they are cleared":     {`let n = 0; await new Promise(r => { const id = setInterval(() => { if (++n === 3) { clearInterval(id); r() } }, 10) }); return n`, `3`},
		"an interval cleared inside itself is gone":   {`let n = 0; const id = setInterval(() => { n++; clearInterval(id) }, 1); await new Promise(r => setTimeout(r, 20)); return n`, `1`},
		"a cleared timer does not fire":               {`let n = 0; const id = setTimeout(() => n++, 5); clearTimeout(id); await new Promise(r => setTimeout(r, 20)); return n`, `0`},
		"clearing nothing is fine":                    {`clearTimeout(); clearTimeout(99); clearInterval("x"); return 1`, `1`},
		"microtasks run before the next timer":        {`const a = []; setTimeout(() => { a.push(1); Promise.resolve().then(() => a.push(2)) }); setTimeout(() => a.push(3)); await new Promise(r => setTimeout(r, 1)); return a`, `[1,2,3]`},
		"queueMicrotask runs in order with promises":  {`const a = []; queueMicrotask(() => a.push(1)); Promise.resolve().then(() => a.push(2)); a.push(0); await null; await null; await null; return a`, `[0,1,2]`},
		"a timer that is still waiting does not fire": {`setTimeout(() => { throw new Error("fired") }, 5); return 1`, `1`},
		"there are at most a thousand":                {`let n = 0; try { for (;; n++) { setTimeout(() => {}, 1e6) } } catch (e) { return [n, e.name] }`, `[1000,"TypeError"]`},
	} {
		t.Run(name, func(t *testing.T) {
			require.JSONEq(t, c.want, s.output(t, c.source, withTime(10*time.Second)))
		})
	}
}
