package store

// settle makes sure that the disk has the state that the file shows. Where a process was killed before the sync of its last
// meta page, or that sync failed, only the system's cache may have the page; after a sync that failed it even counts as
// written. The state before it would then be that of the disk, and the next commit would write over pages of that
// state, which are free in the one that shows: a power loss at that moment would leave neither. So the meta pages are
// written once more, as they are, and synced, before anything else is.
func settle(db *boltDB) error {
	pages := make([]byte, 2*db.Info().PageSize)
	if _, err := db.file.ReadAt(pages, 0); err != nil {
		return err
	}
	if _, err := db.file.WriteAt(pages, 0); err != nil {
		return err
	}
	return db.Sync()
}
