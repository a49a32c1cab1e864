package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime/debug"

	"kaimon.dev/kaimon/dataplane/proxy/control"
	"kaimon.dev/kaimon/dataplane/proxy/engine"
)

// proxyCommand is `kaimon proxy`: the load balancers' data plane, started by the
// server and left running when the server stops.
type proxyCommand struct {
	Socket   string     `help:"Unix socket on which the server configures it." type:"path" required:"" placeholder:"FILE"`
	LogLevel slog.Level `help:"What to log on standard error: debug, info, warn or error." default:"info"`
}

// Run implements kong's command.
func (c *proxyCommand) Run(ctx context.Context) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	// Most of what a request allocates is garbage at its end: collecting less
	// often costs tens of megabytes and saves a tenth of the CPU.
	debug.SetGCPercent(400)
	l, err := control.Listen(c.Socket)
	if err != nil {
		return err
	}
	e := engine.New(log)
	log.Info("proxy", "socket", c.Socket)
	return errors.Join(control.Serve(ctx, l, e, log), e.Close())
}
