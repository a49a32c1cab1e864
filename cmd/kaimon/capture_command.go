package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
	"kaimon.dev/kaimon/dataplane/capture"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// captureCommand is `kaimon capture`.
type captureCommand struct {
	dataDirFlag
	Target  string   `arg:"" help:"The task (its ARN or ID) or network interface (eni-…)."`
	Filter  []string `arg:"" optional:"" help:"Which packets, in tcpdump's language: host, net, port and portrange, also after src or dst; ip, arp, tcp, udp, icmp, proto; and, or, not, parentheses."`
	Count   int      `short:"c" help:"Stop after this many packets." placeholder:"N"`
	Snaplen int      `short:"s" help:"Keep this many bytes of each packet (default: ${default})." default:"262144" placeholder:"BYTES"`
}

// Help implements kong's longer help.
func (c *captureCommand) Help() string {
	return "It goes on until it is interrupted, or the task ends:\n\n" +
		"kaimon capture eni-0123456789abcdef0 | tcpdump -nr -\n\n" +
		"kaimon capture 1dc5c17a422b4dc4b493371970c6c4d6 'tcp port 80 and not host 10.0.0.1' > web.pcap"
}

// Run implements kong's command.
func (c *captureCommand) Run(ctx context.Context) error {
	if err := needRoot("capture"); err != nil {
		return err
	}
	if isTerminal(os.Stdout) {
		return fmt.Errorf("packets are no text: send them to a file (> x.pcap) or a reader (| tcpdump -nr -)")
	}
	view, err := store.OpenView(filepath.Join(c.DataDir, "store"), platform.Tables()...)
	if err != nil {
		return err
	}
	eni, err := findInterface(view, c.Target)
	if err != nil {
		return err
	}
	ns, link, err := platform.Tap(c.DataDir, eni)
	if err != nil {
		return err
	}
	defer ns.Close()
	stats, err := capture.Run(ctx, capture.Options{
		NetNS: ns, Link: link, Filter: strings.Join(c.Filter, " "), Snaplen: c.Snaplen, Count: c.Count,
		Started: func() { fmt.Fprintf(os.Stderr, "capturing on %s\n", eni) },
	}, os.Stdout)
	fmt.Fprintf(os.Stderr, "%d packets captured, %d dropped\n", stats.Captured, stats.Dropped)
	return err
}

// findInterface returns the ID of the interface that a task or interface is
// named by.
func findInterface(view *store.View, target string) (string, error) {
	if ec2.IsInterface(target) {
		return target, nil
	}
	for row, err := range view.Rows(ecs.TaskStatuses.Name(), "") {
		if err != nil {
			return "", err
		}
		if row.ID != target && !strings.HasSuffix(row.ID, "/"+target) {
			continue
		}
		var status struct{ Attachment struct{ InterfaceID string } }
		if err := json.Unmarshal(row.JSON, &status); err != nil {
			return "", fmt.Errorf("task %s: %w", row.ID, err)
		}
		if status.Attachment.InterfaceID == "" {
			return "", fmt.Errorf("task %s has no interface yet", row.ID)
		}
		return status.Attachment.InterfaceID, nil
	}
	return "", fmt.Errorf("%q is no task and no network interface here: give a task's ARN or ID, or eni-…", target)
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
