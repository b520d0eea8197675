package kv

import "go.etcd.io/bbolt"

// OpenUnsynced opens a store whose writes are not synced, for tests whose subject is not durability.
func OpenUnsynced(path string) (*Bolt, error) {
	return open(path, &bbolt.Options{Timeout: lockTimeout, NoSync: true, NoStatistics: true})
}
