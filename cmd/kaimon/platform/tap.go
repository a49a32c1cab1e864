package platform

import "kaimon.dev/kaimon/dataplane/vpc"

// Tap opens the network namespace of an interface of the server whose data
// directory is given, and names the interface's link in it.
func Tap(dataDir, eni string) (*vpc.NetNS, string, error) {
	return vpc.Tap(Config{DataDir: dataDir}.runDir(), eni)
}
