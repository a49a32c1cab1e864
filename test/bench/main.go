// Bench measures what issue and README promise, with the real binary in a host
// of its own (internal/testenv): how long from RunTask to the container's first
// word, how many starts a second, memory, the server's start, and look-ups among
// many tasks; how soon services heal and grow, and what tasks of a large one cost;
// what the proxy of load balancers takes for a request; and how fast a
// VPC changes and carries (the benchmarks of dataplane/vpc). Beside it, in the
// same run, a bare OCI runtime, a bare router, containerd's own ctr, nginx and
// haproxy where they are installed.
//
//	make bench
//	go run ./test/bench -kaimon bin/kaimon -n 200
//
// A container's first word is a connection that its first program, busybox's nc,
// opens to the host; the clock stops when the host accepts it. It begins when the
// client sends RunTask, so signing, HTTP, journal, network and image are inside.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"kaimon.dev/kaimon/internal/testenv"
	"kaimon.dev/kaimon/test/live"
)

func main() {
	if runReverseProxy() {
		return
	}
	kaimon := flag.String("kaimon", "", "the binary to measure; built if not given")
	n := flag.Int("n", 50, "starts measured one after the other")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, *kaimon, *n); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kaimon string, n int) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("must be root, for namespaces and containers")
	}
	if kaimon != "" {
		path, err := filepath.Abs(kaimon)
		if err != nil {
			return err
		}
		if err := os.Setenv(live.BinaryVariable, path); err != nil {
			return err
		}
	}
	if err := live.Prepare(ctx, "busybox"); err != nil {
		return err
	}
	testenv.Enter()
	dir, err := os.MkdirTemp("", "kaimon-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	registry, err := live.StartRegistry(ctx, dir, "busybox")
	if err != nil {
		return err
	}
	defer registry.Close()

	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err
	}
	fmt.Printf("%d processors, load average before: %s", runtime.NumCPU(), load)
	var all table
	for _, measure := range []func(context.Context, string, int) (table, error){
		measureVPC, measureProxy, measureReady, measureStarts, measureServices, measureScheduler, measureImages, measureMemory, measureMany, measureLogs, measurePeers,
	} {
		rows, err := measure(ctx, dir, n)
		all = append(all, rows...)
		if err != nil {
			fmt.Print(all)
			return err
		}
	}
	fmt.Print(all)
	return nil
}
