package main

import (
	"fmt"
	"os"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
)

// envCommand is `kaimon env`.
type envCommand struct {
	dataDirFlag
	Region string `help:"The region that tools shall use; any name works." default:"us-east-1" env:"KAIMON_REGION,AWS_REGION"`
}

// Run implements kong's command.
func (c *envCommand) Run() error {
	access, err := platform.ReadAccess(c.DataDir)
	if err != nil {
		return err
	}
	for _, v := range access.Environment(c.Region) {
		fmt.Fprintf(os.Stdout, "export %s\n", v)
	}
	return nil
}
