package sqldb_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/sqldb"
	"github.com/jsruntime/jsruntime/store"
)

func TestADatabaseIsGrantedOnceAndDeclared(t *testing.T) {
	grant := sqldb.Grant(new(sql.DB))
	_, err := jsruntime.New(store.NewMemory(), &executor{}, grant, grant)
	require.EqualError(t, err, "new runtime: db: is granted twice")
	rt, err := jsruntime.New(store.NewMemory(), &executor{}, grant)
	require.NoError(t, err)
	declared := rt.Declarations()
	require.Contains(t, declared, "\ndeclare const db: {\n")
	for _, member := range []string{"query<T = Record<string, any>>(", "exec(\n", "tx<T>(\n"} {
		require.Contains(t, declared, "\n  "+member)
	}
}
