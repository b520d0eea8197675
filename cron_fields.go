package jsruntime

import (
	"math/bits"
	"time"
)

// cronFields are the five fields of a cron expression, each a set of bits. They choose among wall times: what a clock
// shows, counted in seconds as if it showed UTC. Which instants those are is another question; see cron_zones.go.
type cronFields struct {
	minute, hour, dayOfMonth, month, dayOfWeek uint64
	// bothDays says that a day has to be in both of its fields, as one of them is a star; otherwise in either.
	bothDays bool
}

const (
	daySeconds = 24 * 60 * 60
	// searchDays is how far the next wall time is looked for: further than from one 29 February to the next.
	searchDays = 12 * 366
)

// next returns the first wall time from the given one on that the fields choose, and whether there is one.
func (f cronFields) next(from int64) (wall int64, ok bool) {
	day := dayOf(from)
	second := from - day*daySeconds
	for last := day + searchDays; day <= last; second = 0 {
		date := dateOf(day)
		if f.month&(1<<date.Month()) == 0 {
			day += int64(daysLeft(date)) + 1
			continue
		}
		if f.choosesDay(date) {
			if at, ok := f.nextOfDay(second); ok {
				return day*daySeconds + at, true
			}
		}
		day++
	}
	return 0, false
}

// nextOfDay returns the first second of a day, from the given one on, that the fields choose.
func (f cronFields) nextOfDay(from int64) (second int64, ok bool) {
	minute := (from + 59) / 60
	hour := minute / 60
	if f.hour&(1<<hour) != 0 {
		if later := f.minute >> (minute % 60); later != 0 {
			return (minute + int64(bits.TrailingZeros64(later))) * 60, true
		}
	}
	later := f.hour >> (hour + 1)
	if later == 0 {
		return 0, false
	}
	hour += 1 + int64(bits.TrailingZeros64(later))
	return hour*3600 + int64(bits.TrailingZeros64(f.minute))*60, true
}

// count returns how many wall times the fields choose from the first to before the second one.
func (f cronFields) count(from, before int64) (n int) {
	if before <= from {
		return 0
	}
	first, last := dayOf(from), dayOf(before)
	each := f.countOfDay(daySeconds)
	for day := first; day <= last; day++ {
		date := dateOf(day)
		if f.month&(1<<date.Month()) == 0 {
			day += int64(daysLeft(date))
			continue
		}
		if f.choosesDay(date) {
			n += each
		}
	}
	if f.chooses(dateOf(first)) {
		n -= f.countOfDay(from - first*daySeconds)
	}
	if f.chooses(dateOf(last)) {
		n -= each - f.countOfDay(before-last*daySeconds)
	}
	return n
}

// countOfDay returns how many seconds of a day before the given one the fields choose.
func (f cronFields) countOfDay(before int64) int {
	hour, minute := before/3600, (before%3600+59)/60
	n := bits.OnesCount64(f.hour&(1<<hour-1)) * bits.OnesCount64(f.minute)
	if f.hour&(1<<hour) != 0 {
		n += bits.OnesCount64(f.minute & (1<<minute - 1))
	}
	return n
}

func (f cronFields) chooses(date time.Time) bool {
	return f.month&(1<<date.Month()) != 0 && f.choosesDay(date)
}

// choosesDay takes the month for granted.
func (f cronFields) choosesDay(date time.Time) bool {
	ofMonth, ofWeek := f.dayOfMonth&(1<<date.Day()) != 0, f.dayOfWeek&(1<<date.Weekday()) != 0
	if f.bothDays {
		return ofMonth && ofWeek
	}
	return ofMonth || ofWeek
}

// dateOf returns the start of the n-th day since 1970.
func dateOf(day int64) time.Time { return time.Unix(day*daySeconds, 0).UTC() }

// daysLeft returns how many days of the month come after the date.
func daysLeft(date time.Time) int {
	return time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() - date.Day()
}

// dayOf returns the day since 1970 in which a second is.
func dayOf(second int64) int64 {
	day := second / daySeconds
	if second%daySeconds < 0 {
		day--
	}
	return day
}
