package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the build (-X main.version=…).
var version = "dev"

// versionCommand is `kaimon version`.
type versionCommand struct{}

// Run implements kong's command.
func (versionCommand) Run() error {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	fmt.Printf("kaimon %s (commit %s, %s, %s/%s)\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
