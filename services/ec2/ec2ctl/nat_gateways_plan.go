package ec2ctl

import (
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// natGatewaysOf are the gateways of a VPC that carry traffic.
func natGatewaysOf(r store.Reader, id string) []vpc.NATGateway {
	var out []vpc.NATGateway
	for g := range ec2.NATGatewaysOf(r, id) {
		if g.Carries() {
			out = append(out, vpc.NATGateway{ID: g.ID, Subnet: g.Subnet, Address: g.Address, Public: g.Public})
		}
	}
	return out
}

// natSteps is what becomes of NAT gateways.
type natSteps struct {
	// ready carry traffic from now on, gone no longer do, and expired have been
	// gone for so long that nobody is told of them any more.
	ready, gone, expired []string
}

func (s natSteps) none() bool { return len(s.ready)+len(s.gone)+len(s.expired) == 0 }

// natStepsOf are the steps of a VPC's gateways once the network that the
// snapshot asks for has been applied.
func natStepsOf(r store.Reader, id string, now time.Time) (steps natSteps) {
	for g := range ec2.NATGatewaysOf(r, id) {
		status := ec2.NATGatewayStatus{ID: g.ID}
		if have, ok := ec2.NATGatewayStatuses.Get(r, g.ID); ok {
			status = *have
		}
		ended := g.Ended()
		switch {
		case g.Carries() && !status.Ready:
			steps.ready = append(steps.ready, g.ID)
		case !g.DeletedAt.IsZero() && g.FailureCode == "" && !status.Gone:
			steps.gone = append(steps.gone, g.ID)
		case !ended.IsZero() && now.Sub(ended) >= ec2.NATRetention:
			steps.expired = append(steps.expired, g.ID)
		}
	}
	return steps
}
