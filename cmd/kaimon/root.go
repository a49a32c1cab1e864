package main

import (
	"fmt"
	"os"
)

// needRoot says what to do when a command that works on the machine itself is
// not run by root.
func needRoot(command string) error {
	if os.Geteuid() == 0 {
		return nil
	}
	return fmt.Errorf("namespaces, mounts and nftables take root: sudo %s %s (%s doctor checks the rest)",
		os.Args[0], command, os.Args[0])
}
