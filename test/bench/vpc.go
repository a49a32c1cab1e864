package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// promise is what should be kept of one figure of a package's benchmarks.
type promise struct {
	benchmark, unit, what string
	// most is the figure's limit, of times in milliseconds, least its floor; 0 for none.
	most, least float64
}

// vpcPromises are kept by the VPC's data plane (dataplane/vpc, scale_test.go).
var vpcPromises = []promise{
	{"Scale/500/attach", "p50-ms", "attach an interface beside 500, p50", 3, 0},
	{"Scale/500/attach", "p99-ms", "  p99", 0, 0},
	{"Scale/500/change_a_rule", "p50-ms", "change a group's rule beside 500, p50", 10, 0},
	{"Scale/500/change_a_rule", "p99-ms", "  p99", 0, 0},
	{"Scale/500/connect", "p50-ms", "TCP connection between tasks beside 500, p50", 0, 0},
	{"Scale/500/connect", "p99-ms", "  p99", 1, 0},
	{"Scale/1000/attach", "p50-ms", "attach an interface beside 1,000, p50", 0, 0},
	{"Scale/1000/change_a_rule", "p50-ms", "change a group's rule beside 1,000, p50", 0, 0},
	{"Throughput", "Gbit/s", "a TCP stream between tasks, best of 5", 0, 0},
	{"Throughput", "bare-Gbit/s", "a TCP stream through a bare router", 0, 0},
	{"Throughput", "share", "  share of the bare router's", 0, 0.9},
}

// measureVPC runs the benchmarks of the VPC's data plane: 100 groups with 50
// rules each, two groups an interface.
func measureVPC(ctx context.Context, _ string, _ int) (table, error) {
	return runBenchmarks(ctx, "./dataplane/vpc", vpcPromises,
		[2]string{"Scale/.*/(attach|change)", "100x"}, [2]string{"Scale/500/connect", "3000x"}, [2]string{"Throughput", "1x"})
}

// runBenchmarks runs benchmarks of a package, each for a time, and judges them.
func runBenchmarks(ctx context.Context, dir string, promises []promise, benches ...[2]string) (table, error) {
	var figures []string
	for _, bench := range benches {
		cmd := exec.CommandContext(ctx, "go", "test", "-timeout", "10m", "-run", "^$", "-bench", bench[0], "-benchtime", bench[1], dir)
		out, err := cmd.Output()
		if err != nil {
			var failed *exec.ExitError
			if errors.As(err, &failed) {
				err = fmt.Errorf("%w: %s%s", err, out, failed.Stderr)
			}
			return nil, fmt.Errorf("benchmark %s of %s: %w", bench[0], dir, err)
		}
		figures = append(figures, string(out))
	}
	return judge(promises, parseBenchmarks(strings.Join(figures, "\n"))), nil
}

// parseBenchmarks reads the figures that go test prints, by benchmark and unit.
func parseBenchmarks(out string) map[[2]string]float64 {
	figures := map[[2]string]float64{}
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(words[0], "Benchmark")
		if at := strings.LastIndex(name, "-"); at > 0 { // the number of processors
			name = name[:at]
		}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				figures[[2]string{name, words[i+1]}] = v
			}
		}
	}
	return figures
}

// judge holds figures against what was promised.
func judge(promises []promise, figures map[[2]string]float64) table {
	var rows table
	for _, p := range promises {
		v, ok := figures[[2]string{p.benchmark, p.unit}]
		switch {
		case !ok:
			rows = append(rows, row{what: p.what, value: "not measured (iperf3 is missing?)"})
		case strings.HasSuffix(p.unit, "-ms"), strings.HasSuffix(p.unit, "-ms/task"):
			rows = append(rows, atMost(p.what, milliseconds(v), milliseconds(p.most)))
		default:
			r := row{what: p.what, value: fmt.Sprintf("%.2f", v)}
			if p.least > 0 {
				r.target, r.met = fmt.Sprintf("≥ %.2f", p.least), v >= p.least
			}
			if p.most > 0 {
				r.target, r.met = fmt.Sprintf("≤ %.2f", p.most), v <= p.most
			}
			if strings.HasSuffix(p.unit, "bit/s") {
				r.value += " Gbit/s"
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func milliseconds(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }
