package main

import (
	"context"
	"net"

	"kaimon.dev/kaimon/internal/clock"
	"kaimon.dev/kaimon/runtime/sample"
)

// sampleWebCommand is what the sample image runs.
type sampleWebCommand struct {
	Listen string `default:":80" help:"Where to serve the page."`
}

// Run implements kong's command.
func (c *sampleWebCommand) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	return sample.Serve(ctx, l, clock.System{})
}
