package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"runtime/debug"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
)

// serverCommand is `kaimon server`.
type serverCommand struct {
	dataDirFlag
	Listen       string       `help:"Address of the one port: AWS APIs, image registry, console (default: ${default})." default:"127.0.0.1:4566" placeholder:"HOST:PORT"`
	AccountID    string       `help:"The AWS account that this is, 12 digits (default: ${default})." default:"000000000000" placeholder:"ID"`
	PublicCIDR   netip.Prefix `name:"public-cidr" help:"Pool of public IPv4 addresses for tasks. The default, ${default}, reaches this machine only; give a block that your network routes to this machine to be reached, and recognised, from elsewhere." default:"100.64.0.0/16" placeholder:"CIDR"`
	Masquerade   string       `help:"Send what leaves this machine from public addresses in the machine's own name: always, never, or auto, which does so with pools from 100.64.0.0/10 (default: ${default})." enum:"auto,always,never" default:"auto"`
	StoreEngine  string       `help:"How the journal is kept: wal is faster, bolt is older." enum:"wal,bolt" default:"wal"`
	TaskEndpoint bool         `help:"Tell tasks where the AWS APIs are, in AWS_ENDPOINT_URL (default: ${default})." default:"true" negatable:""`
	LogLevel     slog.Level   `help:"What to log on standard error: debug, info, warn or error." default:"info"`
}

// Run implements kong's command.
func (c *serverCommand) Run(ctx context.Context) error {
	if err := needRoot("server"); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	// The rows of a large service are most of the heap and don't change: looking
	// at them less often saves a third of the CPU that its tasks cost, and at rest
	// takes no more memory.
	debug.SetGCPercent(300)
	m := &platform.Main{Config: platform.Config{
		DataDir: c.DataDir, Listen: c.Listen, AccountID: c.AccountID,
		PublicCIDR: c.PublicCIDR, Masquerade: c.Masquerade, StoreEngine: c.StoreEngine, TaskEndpoint: c.TaskEndpoint,
	}, Log: log}
	if err := m.Start(ctx); err != nil {
		return err
	}
	m.PrintReady()
	select {
	case <-ctx.Done():
		log.Info("stopping; tasks run on")
		return m.Close()
	case err := <-m.Failed():
		return errors.Join(err, m.Close())
	}
}
