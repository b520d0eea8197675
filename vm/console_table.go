package vm

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

const (
	maxTableColumns = 20
	maxCellBytes    = 100
	indexColumn     = "(index)"
	valuesColumn    = "Values"
)

// table is what console.table writes: a row for each property of an object, or for each entry of a Map or a Set, with the
// properties of the row's value, as far as it is an object, in columns.
type table struct {
	r       *realm
	columns []string
	only    bool // the script named the columns
	rows    []tableRow
	values  bool // a row has a value that is no object
	cut     bool // there are more rows
}

type tableRow struct {
	index string
	cells map[string]string
	value string // that is no object
}

func (c *console) table(arguments []goja.Value) {
	data, ok := argumentAt(arguments, 0).(*goja.Object)
	if !ok || isProxy(data) || kindOf(data) == kindFunction {
		c.write(jsruntime.LogInfo, arguments[:min(len(arguments), 1)])
		return
	}
	if c.r.logs.full() {
		return
	}
	t := &table{r: c.r}
	t.choose(argumentAt(arguments, 1))
	t.fill(data)
	c.put(jsruntime.LogInfo, t.String())
}

// choose takes the columns that the script wants.
func (t *table) choose(columns goja.Value) {
	list, ok := columns.(*goja.Object)
	if !ok || kindOf(list) != kindArray {
		return
	}
	t.only = true
	for i := range maxTableColumns {
		p := t.r.room().ownString(list, strconv.Itoa(i))
		if p == nil {
			return
		}
		if name, ok := p.value.(goja.String); ok {
			t.columns = append(t.columns, clip(name, maxCellBytes))
		}
	}
}

func (t *table) fill(data *goja.Object) {
	room := t.r.room()
	if kind := kindOf(data); kind == kindMap || kind == kindSet {
		entries, more := room.entries(data, kind == kindMap, inspectEntries)
		t.cut = more
		for i, entry := range entries {
			index := strconv.Itoa(i)
			if pair, ok := entry.(*goja.Object); ok && kind == kindMap {
				index, entry = t.cell(pair.Get("0")), pair.Get("1")
			}
			t.add(index, entry)
		}
		return
	}
	for name, value := range t.properties(data, inspectEntries) {
		t.add(name, value)
	}
}

// properties yields the first enumerable properties of an object that are no accessors.
func (t *table) properties(object *goja.Object, most int) func(yield func(string, goja.Value) bool) {
	return func(yield func(string, goja.Value) bool) {
		t.r.guard.takeKeys(object, 0)
		for i, name := range object.GetOwnPropertyNames() {
			t.r.step(i)
			p := t.r.room().ownString(object, name)
			if p == nil || !p.enumerable || p.value == nil {
				continue
			}
			if most--; most < 0 {
				t.cut = true
				return
			}
			if !yield(clipText(name, maxCellBytes), p.value) {
				return
			}
		}
	}
}

// add adds the row of a value.
func (t *table) add(index string, v goja.Value) {
	row := tableRow{index: index, cells: map[string]string{}}
	defer func() { t.rows = append(t.rows, row) }()
	object, ok := v.(*goja.Object)
	if !ok || isProxy(object) || kindOf(object) == kindFunction {
		row.value = t.cell(v)
		t.values = true
		return
	}
	for name, value := range t.properties(object, maxTableColumns) {
		if t.column(name) {
			row.cells[name] = t.cell(value)
		}
	}
}

// column reports whether the table has a column, which it gets where there may be more.
func (t *table) column(name string) bool {
	for _, column := range t.columns {
		if column == name {
			return true
		}
	}
	if t.only || len(t.columns) >= maxTableColumns {
		return false
	}
	t.columns = append(t.columns, name)
	return true
}

func (t *table) cell(v goja.Value) string {
	return oneLine(t.r.inspect(v, maxCellBytes))
}

// String returns the table with lines around its cells.
func (t *table) String() string {
	columns := append([]string{indexColumn}, t.columns...)
	if t.values {
		columns = append(columns, valuesColumn)
	}
	lines := [][]string{columns}
	for _, row := range t.rows {
		line := []string{row.index}
		for _, column := range t.columns {
			line = append(line, row.cells[column])
		}
		if t.values {
			line = append(line, row.value)
		}
		lines = append(lines, line)
	}
	return drawTable(lines, t.cut)
}

func drawTable(lines [][]string, cut bool) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell)+2)
		}
	}
	var b strings.Builder
	rule := func(left, middle, right string) {
		for _, width := range widths {
			b.WriteString(left + strings.Repeat("─", width))
			left = middle
		}
		b.WriteString(right)
	}
	rule("┌", "┬", "┐\n")
	for i, line := range lines {
		for j, cell := range line {
			b.WriteString("│ " + cell + strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell)-1))
		}
		b.WriteString("│\n")
		if i == 0 {
			rule("├", "┼", "┤\n")
		}
	}
	rule("└", "┴", "┘")
	if cut {
		b.WriteString("\n... more")
	}
	return clipText(b.String(), maxLogLineBytes)
}
