package main

import (
	"net/http"
	"net/http/pprof"
)

// profile serves the profiles of the process, for BENCH_PPROF=1.
func profile(mux *http.ServeMux) {
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
}
