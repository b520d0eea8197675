package store

import "errors"

// ErrReadOnly says that a [Bolt] writes nothing more until it has been closed and opened again: the disk failed, or the
// file is damaged where it had to be written. The error wraps what happened, too. Reads go on.
var ErrReadOnly = errors.New("store takes no more writes until it is opened again")
