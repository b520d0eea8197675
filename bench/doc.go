// Package bench measures jsruntime side by side with its peers, in one run. It is a module of its own, so that nobody who uses
// the library has to do with them.
package bench
