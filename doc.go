// Package jsruntime lets an application run its customers' own JavaScript.
package jsruntime
