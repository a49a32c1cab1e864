package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"kaimon.dev/kaimon/cmd/kaimon/doctor"
)

// doctorCommand is `kaimon doctor`.
type doctorCommand struct {
	dataDirFlag
	PublicCIDR netip.Prefix `name:"public-cidr" help:"Pool of public IPv4 addresses that the server has or shall have (default: ${default})." default:"100.64.0.0/16" placeholder:"CIDR"`
}

// Run implements kong's command.
func (c *doctorCommand) Run(ctx context.Context) error {
	findings := doctor.Diagnose(doctor.Inspect(ctx, c.DataDir, c.PublicCIDR))
	for _, f := range findings {
		fmt.Printf("%-8s %-20s %s\n", strings.ToUpper(string(f.Verdict)), f.Name, f.Found)
		if f.Advice != "" {
			fmt.Printf("%-8s %-20s → %s\n", "", "", f.Advice)
		}
	}
	if !doctor.Healthy(findings) {
		return errors.New("this machine lacks what Kaimon needs; see MISSING above")
	}
	fmt.Println("\nThis machine can run Kaimon: kaimon server")
	return nil
}
