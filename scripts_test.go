package jsruntime_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

func TestCreateMakesADraftWithVersionOneAndTellsTheBus(t *testing.T) {
	w := newWorld(t)
	s, err := w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, "a", "return 1", jsruntime.WithCreatedBy(7)))
	require.NoError(t, err)
	require.Equal(t, jsruntime.ScriptStatusDraft, s.Status())
	require.Equal(t, 1, s.VersionNumber())
	require.Equal(t, int64(1), s.Revision())

	v, err := w.Version(t.Context(), w.tenant, s.ID(), 1)
	require.NoError(t, err)
	require.Equal(t, "return 1", v.Source())
	require.Equal(t, uint(7), v.CreatedBy())
	require.Equal(t, s.CreatedAt(), v.CreatedAt())

	var payload jsruntime.ScriptCreatedEvent
	e := w.events.of(t, jsruntime.EventScriptCreated)
	require.NoError(t, e.Decode(&payload))
	require.Equal(t, w.tenant, e.TenantID)
	require.Equal(t, jsruntime.ScriptCreatedEvent{
		ScriptID: s.ID(), TenantID: w.tenant, Name: "a", Type: jsruntime.ScriptTypeOneOff, CreatedBy: 7, CreatedAt: s.CreatedAt(),
	}, payload)
}

func TestCreateRefusesWhatBreaksARuleAndStoresNothing(t *testing.T) {
	w := newWorld(t)
	script := func(name, source string, opts ...jsruntime.ScriptOption) jsruntime.Script {
		return jsruntime.NewScript(w.tenant, name, source, opts...)
	}
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxMemoryBytes = 0
	limits.MaxExecutionTime = -1
	for name, test := range map[string]struct {
		script jsruntime.Script
		fields []string
	}{
		"nil":             {nil, []string{"script"}},
		"no name":         {script("", "x"), []string{"name"}},
		"no source":       {script("a", " \n"), []string{"source"}},
		"too long":        {script("a", strings.Repeat("x", jsruntime.MaxSourceBytes+1)), []string{"source"}},
		"no tenant":       {jsruntime.NewScript(uuid.Nil, "a", "x"), []string{"tenantId"}},
		"unknown type":    {script("a", "x", jsruntime.WithScriptType("lambda")), []string{"type"}},
		"unknown status":  {script("a", "x").SetStatus("gone"), []string{"status"}},
		"not a draft":     {script("a", "x").SetStatus(jsruntime.ScriptStatusActive), []string{"status"}},
		"no cron":         {script("a", "x", jsruntime.WithScriptType(jsruntime.ScriptTypeScheduled)), []string{"cron"}},
		"path without /":  {script("a", "x", jsruntime.WithHTTP("orders")), []string{"httpPath"}},
		"no method":       {script("a", "x", jsruntime.WithHTTP("/orders", "FETCH")), []string{"httpMethods"}},
		"no event type":   {script("a", "x", jsruntime.WithScriptType(jsruntime.ScriptTypeEvent)), []string{"eventTypes"}},
		"limits":          {script("a", "x", jsruntime.WithResourceLimits(limits)), []string{"limits.maxExecutionTime", "limits.maxMemoryBytes"}},
		"all that is bad": {script("", "").SetType("lambda"), []string{"name", "source", "type"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.CreateScript(t.Context(), test.script)
			require.ErrorIs(t, err, jsruntime.ErrInvalid)
			require.Equal(t, test.fields, fieldsOf(t, err))
		})
	}
	page, err := w.Scripts(t.Context(), w.tenant, jsruntime.ScriptFilter{})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	require.Empty(t, w.events.types())
}

func TestASourceThatIsNoProgramIsRefusedWithItsLineAndColumn(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, "a", "broken"))
	var syntax *jsruntime.ScriptError
	require.ErrorAs(t, err, &syntax)
	require.ErrorIs(t, err, jsruntime.ErrSyntax)
	require.Equal(t, []int{1, 7}, []int{syntax.Line, syntax.Column})
	require.Contains(t, err.Error(), "source: ")

	s := w.active("fine")
	_, err = w.UpdateScript(t.Context(), s.SetSource("broken"), jsruntime.Change{})
	require.ErrorIs(t, err, jsruntime.ErrSyntax)
	_, err = w.Register(t.Context(), jsruntime.NewScript(w.tenant, "b", "broken"))
	require.ErrorIs(t, err, jsruntime.ErrSyntax)
}

func TestNamesAndRoutesAreUniqueInATenantOnly(t *testing.T) {
	w := newWorld(t)
	create := func(tenant uuid.UUID, name string, opts ...jsruntime.ScriptOption) (jsruntime.Script, error) {
		return w.CreateScript(t.Context(), jsruntime.NewScript(tenant, name, "x", opts...))
	}
	first, err := create(w.tenant, "a", jsruntime.WithHTTP("/orders/{id}", "GET"))
	require.NoError(t, err)
	var duplicate *jsruntime.DuplicateError
	_, err = create(w.tenant, "a")
	require.ErrorAs(t, err, &duplicate)
	require.Equal(t, jsruntime.DuplicateError{Field: "name", ID: first.ID()}, *duplicate)
	_, err = create(w.tenant, "b", jsruntime.WithHTTP("/orders/{order}"), jsruntime.WithDescription("any method"))
	require.NoError(t, err, "a pattern without method is less specific, so ServeMux takes both")
	_, err = create(w.tenant, "c", jsruntime.WithHTTP("/orders/{order}", "POST", "GET"))
	require.ErrorAs(t, err, &duplicate)
	require.Equal(t, "httpPath", duplicate.Field)
	_, err = create(uuid.New(), "a", jsruntime.WithHTTP("/orders/{id}", "GET"))
	require.NoError(t, err, "another tenant")

	other, err := create(w.tenant, "other")
	require.NoError(t, err)
	_, err = w.UpdateScript(t.Context(), other.SetName("a"), jsruntime.Change{})
	require.ErrorIs(t, err, jsruntime.ErrDuplicate)
}

func TestAnUpdateThatChangesSourceOrConfigurationMakesOneVersion(t *testing.T) {
	w := newWorld(t)
	s, err := w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, "a", "one"))
	require.NoError(t, err)
	number := 1
	update := func(changed jsruntime.Script) {
		t.Helper()
		before := s
		s, err = w.UpdateScript(t.Context(), changed, jsruntime.Change{By: 3, Description: "why"})
		require.NoError(t, err)
		number++
		require.Equal(t, number, s.VersionNumber())
		require.Equal(t, before.Revision()+1, s.Revision())
		require.Equal(t, before.CreatedAt(), s.CreatedAt())
		require.True(t, s.UpdatedAt().After(before.UpdatedAt()))
		v, err := w.Version(t.Context(), w.tenant, s.ID(), number)
		require.NoError(t, err)
		require.Equal(t, []any{s.Source(), "why", uint(3)}, []any{v.Source(), v.ChangeDescription(), v.CreatedBy()})
	}
	limits := s.ResourceLimits()
	limits.MaxConcurrentRuns = 1
	cron, err := jsruntime.NewCronExpression("0 6 * * *")
	require.NoError(t, err)
	update(s.SetSource("two"))
	update(s.SetName("b"))
	update(s.SetDescription("d"))
	update(s.SetResourceLimits(limits))
	update(s.SetMetadata(map[string]string{"k": "v"}))
	update(s.SetTags("t"))
	update(s.SetOrganizationID(uuid.New()))
	update(s.SetType(jsruntime.ScriptTypeScheduled).SetCronExpression(cron))
	update(s.SetType(jsruntime.ScriptTypeHTTP).SetHTTPPath("/p"))
	update(s.SetHTTPMethods("GET"))
	update(s.SetType(jsruntime.ScriptTypeEvent).SetEventTypes("a.b"))

	var payload jsruntime.ScriptUpdatedEvent
	require.NoError(t, w.events.of(t, jsruntime.EventScriptUpdated).Decode(&payload))
	require.Equal(t, []any{s.ID(), w.tenant, uint(3), 2},
		[]any{payload.ScriptID, payload.TenantID, payload.UpdatedBy, payload.VersionNumber})

	same, err := w.UpdateScript(t.Context(), s.SetTags(s.Tags()...), jsruntime.Change{By: 4})
	require.NoError(t, err)
	require.Equal(t, s.Record(), same.Record(), "an update that changes nothing makes no version")
	versions, err := w.Versions(t.Context(), w.tenant, s.ID(), jsruntime.PageRequest{})
	require.NoError(t, err)
	require.Len(t, versions.Items, number)
	for i, v := range versions.Items {
		require.Equal(t, number-i, v.VersionNumber(), "newest first, without gaps")
	}
}

func TestAStaleUpdateIsAConflict(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	_, err := w.UpdateScript(t.Context(), s.SetDescription("first"), jsruntime.Change{})
	require.NoError(t, err)
	_, err = w.UpdateScript(t.Context(), s.SetDescription("second"), jsruntime.Change{})
	require.ErrorIs(t, err, jsruntime.ErrConflict)
	_, err = w.UpdateScript(t.Context(), s, jsruntime.Change{})
	require.ErrorIs(t, err, jsruntime.ErrConflict, "even without changes: the caller has not seen the newest")
}

func TestConcurrentUpdatesOfOneRevisionLetOneThrough(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for i := range 16 {
		wg.Go(func() {
			_, err := w.UpdateScript(t.Context(), s.SetSource(fmt.Sprint(i)), jsruntime.Change{})
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	won := 0
	for err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, jsruntime.ErrConflict)
	}
	require.Equal(t, 1, won)
}

func TestAnUpdateCannotChangeStatusOrAnArchivedScript(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	_, err := w.UpdateScript(t.Context(), s.SetStatus(jsruntime.ScriptStatusPaused).SetSource("y"), jsruntime.Change{})
	require.Equal(t, []string{"status"}, fieldsOf(t, err))
	_, err = w.UpdateScript(t.Context(), s, jsruntime.Change{Description: strings.Repeat("x", jsruntime.MaxDescriptionBytes+1)})
	require.Equal(t, []string{"change.description"}, fieldsOf(t, err))
	_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusDisabled, 1)
	require.NoError(t, err)
	s, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusArchived, 1)
	require.NoError(t, err)
	_, err = w.UpdateScript(t.Context(), s.SetSource("y"), jsruntime.Change{})
	require.Equal(t, []string{"status"}, fieldsOf(t, err))
}

func TestStatusChangesKeepToTheStateMachineAndMakeNoVersion(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusArchived, 1)
	var transition *jsruntime.TransitionError
	require.ErrorAs(t, err, &transition)
	require.Equal(t, jsruntime.TransitionError{Entity: "script", From: "active", To: "archived"}, *transition)
	_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), "gone", 1)
	require.Equal(t, []string{"status"}, fieldsOf(t, err))

	for _, to := range []jsruntime.ScriptStatus{
		jsruntime.ScriptStatusPaused, jsruntime.ScriptStatusActive, jsruntime.ScriptStatusDisabled,
		jsruntime.ScriptStatusActive, jsruntime.ScriptStatusDisabled, jsruntime.ScriptStatusArchived,
	} {
		changed, err := w.SetStatus(t.Context(), w.tenant, s.ID(), to, 5)
		require.NoError(t, err)
		require.Equal(t, to, changed.Status())
		require.Equal(t, 1, changed.VersionNumber())
	}
	var payload jsruntime.ScriptStatusChangedEvent
	require.NoError(t, w.events.of(t, jsruntime.EventScriptStatusChanged).Decode(&payload))
	require.Equal(t, []any{s.ID(), w.tenant, jsruntime.ScriptStatusDraft, jsruntime.ScriptStatusActive, uint(1)},
		[]any{payload.ScriptID, payload.TenantID, payload.OldStatus, payload.NewStatus, payload.ChangedBy})
}

func TestConcurrentStatusChangesAllTakeEffectOrNameTheTransition(t *testing.T) {
	w := newWorld(t)
	s := w.active("x")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, to := range []jsruntime.ScriptStatus{jsruntime.ScriptStatusPaused, jsruntime.ScriptStatusActive} {
				if _, err := w.SetStatus(t.Context(), w.tenant, s.ID(), to, 1); err != nil {
					require.ErrorIs(t, err, jsruntime.ErrInvalidTransition)
				}
			}
		})
	}
	wg.Wait()
}

func TestDeleteRemovesTheScriptAndKeepsItsHistory(t *testing.T) {
	w := startedWorld(t)
	s := w.active("x")
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	require.NoError(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 9))
	_, err = w.Script(t.Context(), w.tenant, s.ID())
	require.ErrorIs(t, err, jsruntime.ErrNotFound)
	require.ErrorIs(t, w.DeleteScript(t.Context(), w.tenant, s.ID(), 9), jsruntime.ErrNotFound)
	_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.ErrorIs(t, err, jsruntime.ErrNotFound)

	v, err := w.Version(t.Context(), w.tenant, s.ID(), 1)
	require.NoError(t, err)
	require.Equal(t, "x", v.Source())
	require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
	var payload jsruntime.ScriptDeletedEvent
	require.NoError(t, w.events.of(t, jsruntime.EventScriptDeleted).Decode(&payload))
	require.Equal(t, []any{s.ID(), w.tenant, uint(9)}, []any{payload.ScriptID, payload.TenantID, payload.DeletedBy})
	_, err = w.CreateScript(t.Context(), jsruntime.NewScript(w.tenant, s.Name(), "again"))
	require.NoError(t, err, "the name is free again")
}

func TestRegisterCreatesAnActiveScriptAndUpdatesItWhereItDiffers(t *testing.T) {
	w := newWorld(t)
	s, err := w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "one"))
	require.NoError(t, err)
	require.Equal(t, []any{jsruntime.ScriptStatusActive, 1}, []any{s.Status(), s.VersionNumber()})
	again, err := w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "one"))
	require.NoError(t, err)
	require.Equal(t, s.Record(), again.Record())
	changed, err := w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "two"))
	require.NoError(t, err)
	require.Equal(t, []any{s.ID(), 2, "two"}, []any{changed.ID(), changed.VersionNumber(), changed.Source()})

	_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
	require.NoError(t, err)
	paused, err := w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "three"))
	require.NoError(t, err)
	require.Equal(t, []any{jsruntime.ScriptStatusPaused, "three"}, []any{paused.Status(), paused.Source()},
		"what an operator paused stays paused")
	_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusActive, 1)
	require.NoError(t, err)
	for _, to := range []jsruntime.ScriptStatus{jsruntime.ScriptStatusDisabled, jsruntime.ScriptStatusArchived} {
		_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), to, 1)
		require.NoError(t, err)
	}
	_, err = w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "three"))
	require.NoError(t, err, "an archived script that has not changed is no reason to fail")
	_, err = w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "four"))
	require.Equal(t, []string{"status"}, fieldsOf(t, err))
}

func TestProcessesThatRegisterTheSameScriptAtOnceMakeOne(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			_, err := w.Register(t.Context(), jsruntime.NewScript(w.tenant, "rule", "one"))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s, err := w.ScriptByName(t.Context(), w.tenant, "rule")
	require.NoError(t, err)
	require.Equal(t, []any{1, jsruntime.ScriptStatusActive}, []any{s.VersionNumber(), s.Status()})
}

func TestDiffIsUnifiedAndRollbackAddsAVersion(t *testing.T) {
	w := newWorld(t)
	s := w.active("a\nb\nc\n", jsruntime.WithTags("old"))
	s, err := w.UpdateScript(t.Context(), s.SetSource("a\nB\nc\n").SetTags("new"), jsruntime.Change{})
	require.NoError(t, err)
	diff, err := w.Diff(t.Context(), w.tenant, s.ID(), 1, 2)
	require.NoError(t, err)
	require.Equal(t, "--- version 1\n+++ version 2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", diff)
	diff, err = w.Diff(t.Context(), w.tenant, s.ID(), 2, 2)
	require.NoError(t, err)
	require.Empty(t, diff)
	_, err = w.Diff(t.Context(), w.tenant, s.ID(), 1, 3)
	require.ErrorIs(t, err, jsruntime.ErrNotFound)

	s, err = w.Rollback(t.Context(), w.tenant, s.ID(), 1, 8)
	require.NoError(t, err)
	require.Equal(t, []any{"a\nb\nc\n", 3, []string{"new"}}, []any{s.Source(), s.VersionNumber(), s.Tags()})
	v, err := w.Version(t.Context(), w.tenant, s.ID(), 3)
	require.NoError(t, err)
	require.Equal(t, []any{"rollback to version 1", uint(8)}, []any{v.ChangeDescription(), v.CreatedBy()})
	same, err := w.Rollback(t.Context(), w.tenant, s.ID(), 3, 8)
	require.NoError(t, err)
	require.Equal(t, 3, same.VersionNumber(), "rolling back to what is there changes nothing")
	_, err = w.Rollback(t.Context(), w.tenant, s.ID(), 99, 8)
	require.ErrorIs(t, err, jsruntime.ErrNotFound)
}

func TestAnotherTenantsIDIsNotFoundAlways(t *testing.T) {
	w := startedWorld(t)
	s := w.active("x")
	e, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	ctx, other := t.Context(), uuid.New()
	for name, call := range map[string]func() error{
		"Script":       func() error { _, err := w.Script(ctx, other, s.ID()); return err },
		"ScriptByName": func() error { _, err := w.ScriptByName(ctx, other, s.Name()); return err },
		"UpdateScript": func() error {
			record := s.Record()
			record.TenantID = other
			stolen, err := jsruntime.RestoreScript(record)
			require.NoError(t, err)
			_, err = w.UpdateScript(ctx, stolen, jsruntime.Change{})
			return err
		},
		"SetStatus": func() error {
			_, err := w.SetStatus(ctx, other, s.ID(), jsruntime.ScriptStatusPaused, 1)
			return err
		},
		"DeleteScript": func() error { return w.DeleteScript(ctx, other, s.ID(), 1) },
		"Versions": func() error {
			_, err := w.Versions(ctx, other, s.ID(), jsruntime.PageRequest{})
			return err
		},
		"Version":   func() error { _, err := w.Version(ctx, other, s.ID(), 1); return err },
		"Diff":      func() error { _, err := w.Diff(ctx, other, s.ID(), 1, 1); return err },
		"Rollback":  func() error { _, err := w.Rollback(ctx, other, s.ID(), 1, 1); return err },
		"Execute":   func() error { _, err := w.Execute(ctx, other, s.ID(), nil); return err },
		"Submit":    func() error { _, err := w.Submit(ctx, other, s.ID(), nil); return err },
		"Call":      func() error { _, err := w.Call(ctx, other, s.Name(), nil); return err },
		"Cancel":    func() error { return w.Cancel(ctx, other, e.ID()) },
		"Execution": func() error { _, err := w.Execution(ctx, other, e.ID()); return err },
		"Logs":      func() error { _, err := w.Logs(ctx, other, e.ID()); return err },
	} {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, call(), jsruntime.ErrNotFound) })
	}
	page, err := w.Executions(ctx, other, jsruntime.ExecutionFilter{})
	require.NoError(t, err)
	require.Empty(t, page.Items)
}
