package sqldb

import (
	"database/sql"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// perValue is what each value of a result counts for besides its own bytes.
const perValue = 16

// result reads the rows of a query into a reply.
type result struct {
	limits Limits
	left   int // bytes
	cells  []cell
}

// read returns what a script gets of rows. It does not close them.
func (d *database) read(rows *sql.Rows) (map[string]any, error) {
	r := &result{limits: d.limits, left: d.limits.ReplyBytes}
	columns, into, err := r.prepare(rows)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for rows.Next() {
		if len(list) == d.limits.Rows {
			return nil, invalid("result", "must be at most %d rows", d.limits.Rows)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]any, len(r.cells))
		for i := range r.cells {
			row[i] = r.cells[i].value
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return map[string]any{"columns": columns, "rows": list}, nil
}

// prepare returns the names of the columns, and where their values go.
func (r *result) prepare(rows *sql.Rows) (columns, into []any, err error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, err
	}
	columns, into, r.cells = make([]any, len(names)), make([]any, len(names)), make([]cell, len(names))
	for i, name := range names {
		if err := r.take(len(name)); err != nil {
			return nil, nil, err
		}
		columns[i] = strings.ToValidUTF8(name, "\ufffd")
		r.cells[i] = cell{result: r, name: name, binary: isBinary(types[i].DatabaseTypeName())}
		into[i] = &r.cells[i]
	}
	return columns, into, nil
}

// take counts the bytes of a value.
func (r *result) take(n int) error {
	if r.left -= perValue + n; r.left < 0 {
		return invalid("result", "must be at most %d bytes", r.limits.ReplyBytes)
	}
	return nil
}

// isBinary reports whether bytes in a column of a type are no text.
func isBinary(typeName string) bool {
	name := strings.ToUpper(typeName)
	return strings.Contains(name, "BLOB") || strings.Contains(name, "BINARY") ||
		slices.Contains([]string{"", "BYTEA", "RAW", "LONG RAW", "IMAGE", "BIT", "GEOMETRY", "GEOGRAPHY", "ROWVERSION"}, name)
}

// cell is a value of a row as a script gets it.
type cell struct {
	result *result
	name   string
	binary bool
	value  any
}

// Scan takes a value of a driver, which may not be used afterwards.
func (c *cell) Scan(v any) error {
	n := 0
	switch v := v.(type) {
	case string:
		n = len(v)
	case []byte:
		n = len(v)
	}
	if err := c.result.take(n); err != nil {
		return err
	}
	var err error
	c.value, err = c.plain(v)
	return err
}

func (c *cell) plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return strings.ToValidUTF8(v, "\ufffd"), nil
	case []byte:
		if c.binary || !utf8.Valid(v) {
			return append([]byte{}, v...), nil
		}
		return string(v), nil
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"), nil
	}
	switch n := reflect.ValueOf(v); n.Kind() { //nolint:exhaustive // what is no number is refused
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return whole(n.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if u := n.Uint(); u > math.MaxInt64 {
			return strconv.FormatUint(u, 10), nil
		}
		return whole(int64(n.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return float(n.Float()), nil
	}
	return nil, invalid("column "+strconv.Quote(c.name), "must have another type: cast it to text")
}

// whole returns an integer as a number, or as text where a number stands for others as well.
func whole(n int64) any {
	if n <= -maxExact || n >= maxExact {
		return strconv.FormatInt(n, 10)
	}
	return float64(n)
}

// float returns a number, or the text of one that JSON cannot hold.
func float(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}
