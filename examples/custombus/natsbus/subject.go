package natsbus

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// subjectPrefix begins every subject: jsevents.{tenant}.{type}.
const subjectPrefix = "jsevents"

// emptyToken stands for nothing between two dots, which a subject can't have. No escaped token is a lone "%".
const emptyToken = "%"

// Subject returns the subject that events of a tenant and type are published on, for services that use NATS directly.
// The dots of the type are those of the subject, so that NATS permissions and wildcards work on it.
func Subject(tenantID uuid.UUID, eventType string) string {
	return strings.Join([]string{subjectPrefix, tenantID.String(), escapeType(eventType)}, ".")
}

// filterSubjects returns the subjects that hold every event that the filter matches. They can hold others too: a
// wildcard of NATS stands for whole tokens, one of a filter for any ending. None covers another, which the server
// would refuse.
func filterSubjects(f jsruntime.EventFilter) []string {
	tenant := "*"
	if f.TenantID != uuid.Nil {
		tenant = f.TenantID.String()
	}
	base := subjectPrefix + "." + tenant + "."
	if len(f.Types) == 0 {
		return []string{base + ">"}
	}
	var subjects []string
	for _, t := range f.Types {
		prefix, wild := strings.CutSuffix(t, "*")
		if !wild {
			subjects = append(subjects, base+escapeType(t))
			continue
		}
		// Only the tokens before the last dot are known to be complete.
		if dot := strings.LastIndexByte(prefix, '.'); dot >= 0 {
			subjects = append(subjects, base+escapeType(prefix[:dot])+".>")
		} else {
			subjects = append(subjects, base+">")
		}
	}
	return withoutCovered(subjects)
}

func withoutCovered(subjects []string) []string {
	slices.Sort(subjects)
	subjects = slices.Compact(subjects)
	return slices.DeleteFunc(slices.Clone(subjects), func(s string) bool {
		return slices.ContainsFunc(subjects, func(other string) bool {
			prefix, wild := strings.CutSuffix(other, ">")
			return wild && other != s && strings.HasPrefix(s, prefix)
		})
	})
}

func escapeType(eventType string) string {
	tokens := strings.Split(eventType, ".")
	for i, token := range tokens {
		tokens[i] = escapeToken(token)
	}
	return strings.Join(tokens, ".")
}

// escapeToken writes every byte that is not a letter or digit of ASCII, "-" or "_" as % and two digits, so that
// nothing that an event type may ever hold means something to NATS.
func escapeToken(token string) string {
	if token == "" {
		return emptyToken
	}
	var b strings.Builder
	for i := range len(token) {
		switch c := token[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
