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
//	go run ./test/bench -only 'logs|proxy'
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
	"regexp"
	"runtime"
	"strings"
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
	only := flag.String("only", "", "a regular expression for what is measured: "+strings.Join(names(), ", "))
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	chosen, err := choose(*only)
	if err == nil {
		err = run(ctx, *kaimon, *n, chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure fills a part of the table.
type measure struct {
	name string
	run  func(ctx context.Context, dir string, n int) (table, error)
}

var measures = []measure{
	{"vpc", measureVPC}, {"proxy", measureProxy}, {"ready", measureReady}, {"starts", measureStarts},
	{"services", measureServices}, {"scheduler", measureScheduler}, {"images", measureImages},
	{"memory", measureMemory}, {"many", measureMany}, {"logs", measureLogs}, {"peers", measurePeers},
}

func names() (list []string) {
	for _, m := range measures {
		list = append(list, m.name)
	}
	return list
}

// choose returns the measures whose names match an expression, all for "".
func choose(only string) (chosen []measure, err error) {
	match, err := regexp.Compile("^(?:" + only + ")$")
	if err != nil {
		return nil, err
	}
	for _, m := range measures {
		if only == "" || match.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-only %s: there are %s", only, strings.Join(names(), ", "))
	}
	return chosen, nil
}

func run(ctx context.Context, kaimon string, n int, chosen []measure) error {
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
	for _, m := range chosen {
		rows, err := m.run(ctx, dir, n)
		all = append(all, rows...)
		if err != nil {
			fmt.Print(all)
			return err
		}
	}
	fmt.Print(all)
	return nil
}
