package ec2ctl

import (
	"context"
	"fmt"

	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// settle writes what has become of a VPC's NAT gateways, now that the network
// of the snapshot has been applied. One that is gone gives its interface and
// its address back.
func (n *Networks) settle(ctx context.Context, r store.Reader, id string) error {
	steps := natStepsOf(r, id, n.clock.Now())
	if steps.none() {
		return nil
	}
	err := n.store.Update(ctx, func(tx *store.Txn) error {
		for _, id := range steps.ready {
			if _, ok := ec2.NATGateways.Get(tx, id); ok {
				ec2.NATGatewayStatuses.Put(tx, ec2.NATGatewayStatus{ID: id, Ready: true})
			}
		}
		for _, id := range steps.gone {
			if g, ok := ec2.NATGateways.Get(tx, id); ok {
				ec2.ReleaseInterface(tx, g.Interface)
				ec2.NATGatewayStatuses.Put(tx, ec2.NATGatewayStatus{ID: id, Gone: true})
			}
		}
		for _, id := range steps.expired {
			ec2.ForgetNATGateway(tx, id)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle NAT gateways of %s: %w", id, err)
	}
	return nil
}
