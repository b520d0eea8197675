// Package vm runs scripts in this process.
package vm
