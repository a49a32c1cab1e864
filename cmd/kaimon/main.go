// Command kaimon is Amazon ECS on Fargate on one's own machines: the server,
// and the few commands that an operator needs beside the AWS tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"kaimon.dev/kaimon/runtime/containerd"
)

func main() {
	// The same binary is the containers' shim and their init.
	if containerd.Main() {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "kaimon: %v\n", err)
		os.Exit(1)
	}
}

// run parses the command line and runs the command that it names.
func run(ctx context.Context, args []string) error {
	var cli commands
	parser, err := newParser(&cli)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(spoken(args))
	if err != nil {
		var bad *kong.ParseError
		if errors.As(err, &bad) {
			return fmt.Errorf("%w\nRun \"kaimon --help\" for the commands and their flags", err)
		}
		return err
	}
	if cli.Config != "" { // a server that the demo starts shall read it too
		if err := os.Setenv("KAIMON_CONFIG", string(cli.Config)); err != nil {
			return err
		}
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run()
}

// spoken turns what newcomers type into what the parser knows: nothing or "help"
// for --help, "help COMMAND", and --version.
func spoken(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	default:
		return args
	}
}
