package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
)

// downCommand is `kaimon down`.
type downCommand struct{ dataDirFlag }

// Run implements kong's command.
func (c *downCommand) Run(ctx context.Context) error {
	if err := needRoot("down"); err != nil {
		return err
	}
	if _, err := os.Stat(c.DataDir); errors.Is(err, fs.ErrNotExist) {
		_, err := platform.ReadAccess(c.DataDir) // says so
		return err
	}
	access, err := platform.ReadAccess(c.DataDir)
	if err != nil {
		// A server that was killed before it had written its key may have made
		// something all the same.
		access.PublicCIDR = platform.DefaultPublicCIDR
	}
	config := platform.Config{DataDir: c.DataDir, PublicCIDR: access.PublicCIDR}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	fmt.Println("stopping the server …")
	stopped, err := platform.StopServer(ctx, config, platform.StopPatience)
	if err != nil {
		return err
	}
	if !stopped {
		fmt.Println("no server was running")
	}
	fmt.Println("stopping tasks, removing networks …")
	if err := platform.Down(ctx, config, log); err != nil {
		return err
	}
	fmt.Printf("done; state and images stay in %s\n", c.DataDir)
	return nil
}
