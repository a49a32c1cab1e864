package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"kaimon.dev/kaimon/cmd/kaimon/demo"
	"kaimon.dev/kaimon/cmd/kaimon/platform"
	"kaimon.dev/kaimon/internal/clock"
)

// demoCommand is `kaimon demo`.
type demoCommand struct {
	dataDirFlag
	Listen string `help:"Where a server that the demo starts shall listen (default: ${default})." default:"127.0.0.1:4566" placeholder:"HOST:PORT"`
	Region string `help:"The region to deploy to; any name works." default:"us-east-1" env:"KAIMON_REGION,AWS_REGION"`
	Clean  bool   `help:"Remove what an earlier run of the demo made."`
}

// Run implements kong's command.
func (c *demoCommand) Run(ctx context.Context) error {
	access, err := c.server(ctx)
	if err != nil {
		return err
	}
	client := &demo.Client{
		Endpoint: access.Endpoint, AccessKeyID: access.AccessKeyID, SecretAccessKey: access.SecretAccessKey,
		Region: c.Region, HTTP: &http.Client{Timeout: 30 * time.Second}, Clock: clock.System{},
	}
	progress := &demo.Progress{Out: os.Stdout, Clock: clock.System{}}
	if c.Clean {
		return demo.Clean(ctx, client, progress)
	}
	d := demo.New(client, progress)
	page, err := d.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s\n", page)
	fmt.Printf("It runs on at %s: any browser on this machine finds it. Look around with the aws CLI:\n\n", d.URL())
	fmt.Printf("  eval \"$(%s env%s)\"\n", os.Args[0], c.dirFlag())
	fmt.Printf("  aws ecs describe-services --cluster kaimon-demo --services kaimon-demo\n\n")
	fmt.Printf("Remove the demo:        %s demo --clean%s\n", os.Args[0], c.dirFlag())
	fmt.Printf("Stop everything:        %s down%s\n", os.Args[0], c.dirFlag())
	return nil
}

// server finds the running server, or starts one that outlives the demo.
func (c *demoCommand) server(ctx context.Context) (platform.Access, error) {
	if platform.Running(platform.Config{DataDir: c.DataDir}) {
		return platform.ReadAccess(c.DataDir)
	}
	if err := needRoot("demo"); err != nil {
		return platform.Access{}, err
	}
	fmt.Printf("● Start the server\n  $ %s server%s &\n", os.Args[0], c.dirFlag())
	log, err := platform.StartDetached(ctx, c.DataDir, c.Listen)
	if err != nil {
		return platform.Access{}, err
	}
	fmt.Printf("  it logs to %s\n", log)
	return platform.ReadAccess(c.DataDir)
}

// dirFlag repeats --data-dir for commands that the user shall type.
func (c *demoCommand) dirFlag() string {
	if c.DataDir == "/var/lib/kaimon" {
		return ""
	}
	return " --data-dir " + c.DataDir
}
