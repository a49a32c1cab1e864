package elbv2ctl

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/services/elbv2"
	"kaimon.dev/kaimon/store"
)

// place gives a load balancer its nodes, and takes down those that it has no
// use for.
func (c *Controller) place(ctx context.Context, arn string) error {
	plan := planNodes(c.Store.Snapshot(), arn, func(id string) bool { _, ok := c.attached(id); return ok })
	for _, subnet := range plan.allocate {
		n, err := c.allocate(ctx, arn, subnet)
		if err != nil {
			return c.refused(ctx, arn, err)
		}
		plan.attach = append(plan.attach, n)
	}
	for _, n := range plan.regroup {
		if err := c.regroup(ctx, arn, n); err != nil {
			return err
		}
	}
	for _, n := range plan.attach {
		if err := c.attach(ctx, c.Store.Snapshot(), n); err != nil {
			return err
		}
	}
	c.dirty.add(dirt{balancers: map[string]bool{arn: true}})
	if len(plan.remove) > 0 {
		if err := c.remove(ctx, arn, plan.remove); err != nil {
			return err
		}
	}
	if plan.forget {
		return c.Store.Update(ctx, func(tx *store.Txn) error {
			elbv2.LoadBalancerStatuses.Delete(tx, arn)
			return nil
		})
	}
	c.loop.Wake(proxyKey)
	return nil
}

// allocate makes the interface of a node, and notes it in the status.
func (c *Controller) allocate(ctx context.Context, arn, subnet string) (elbv2.Node, error) {
	association := ec2.NewAddressAssociationID()
	q := ec2.InterfaceRequest{ID: ec2.NewInterfaceID(), Subnet: subnet, Owner: arn, Seed: seed(arn + subnet), At: c.Clock.Now()}
	var node elbv2.Node
	return node, c.Store.Update(ctx, func(tx *store.Txn) error {
		b, ok := elbv2.LoadBalancers.Get(tx, arn)
		if !ok {
			return nil // deleted meanwhile: the next turn sees it
		}
		q.Groups, q.Description = b.SecurityGroups, "ELB "+b.Path()
		fixed := b.Addresses[subnet]
		if q.Address = fixed.Private; b.Scheme == elbv2.InternetFacing && fixed.Allocation == "" {
			q.PublicPool = c.PublicPool
		}
		eni, err := ec2.AllocateInterface(tx, b.Scope, q)
		if err != nil {
			return err
		}
		if fixed.Allocation != "" {
			if eni, err = elastic(tx, *eni, fixed.Allocation, association); err != nil {
				return err
			}
		}
		node = elbv2.Node{Subnet: subnet, Interface: eni.ID, Address: eni.Address, Public: eni.Public}
		status := statusOf(tx, arn)
		status.Nodes = append(status.Nodes, node)
		elbv2.LoadBalancerStatuses.Put(tx, status)
		return nil
	})
}

// elastic gives a node's interface an Elastic IP address.
func elastic(tx *store.Txn, eni ec2.NetworkInterface, allocation, association string) (*ec2.NetworkInterface, error) {
	a, err := ec2.FindAddress(tx, eni.Scope, allocation)
	if err != nil {
		return nil, err
	}
	if _, held := ec2.Holder(tx, a.Public); held {
		return nil, aws.Errorf("ResourceInUse", "The allocation IDs '%s' are already in use", allocation)
	}
	eni.Public, eni.AssociationID = a.Public, association
	ec2.NetworkInterfaces.Put(tx, eni)
	return &eni, nil
}

// statusOf returns a copy of a load balancer's status that may be changed.
func statusOf(r store.Reader, arn string) elbv2.LoadBalancerStatus {
	if s, ok := elbv2.LoadBalancerStatuses.Get(r, arn); ok {
		out := *s
		out.Nodes = slices.Clone(s.Nodes)
		return out
	}
	return elbv2.LoadBalancerStatus{LoadBalancer: arn, State: elbv2.Provisioning}
}

// refused notes what EC2 refuses a load balancer, and asks for another try.
func (c *Controller) refused(ctx context.Context, arn string, err error) error {
	refusal, ok := aws.AsError(err)
	if !ok {
		return err
	}
	return errors.Join(err, c.Store.Update(ctx, func(tx *store.Txn) error {
		if status := statusOf(tx, arn); status.State == elbv2.Provisioning {
			status.State, status.Reason = elbv2.Failed, refusal.Message
			elbv2.LoadBalancerStatuses.Put(tx, status)
		}
		return nil
	}))
}

// attach has a node's interface made in the kernel.
func (c *Controller) attach(ctx context.Context, r store.Reader, n elbv2.Node) error {
	row, ok := ec2.NetworkInterfaces.Get(r, n.Interface)
	if !ok {
		return nil // the load balancer was deleted meanwhile
	}
	ctx, cancel := context.WithTimeout(ctx, c.AttachTimeout)
	defer cancel()
	netns, err := c.Plane.AttachInterface(ctx, attachment(r, row))
	if err != nil {
		return fmt.Errorf("attach interface %s: %w", n.Interface, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.netns[n.Interface] = netns
	return nil
}

// attachment is a load balancer's interface for the kernel.
func attachment(r store.Reader, row *ec2.NetworkInterface) vpc.Interface {
	b, ok := elbv2.LoadBalancers.Get(r, row.Owner)
	return vpc.Interface{
		ID: row.ID, Network: row.VPC, Subnet: row.Subnet, Address: row.Address,
		MAC: row.HardwareAddr(), Public: row.Public, Groups: row.Groups,
		Open: ok && b.Open(),
	}
}

// regroup gives a node's interface the load balancer's security groups.
func (c *Controller) regroup(ctx context.Context, arn string, n elbv2.Node) error {
	var changed *ec2.NetworkInterface
	err := c.Store.Update(ctx, func(tx *store.Txn) error {
		b, wanted := elbv2.LoadBalancers.Get(tx, arn)
		row, ok := ec2.NetworkInterfaces.Get(tx, n.Interface)
		if !wanted || !ok {
			return nil
		}
		copied := *row
		copied.Groups = b.SecurityGroups
		ec2.NetworkInterfaces.Put(tx, copied)
		changed = &copied
		return nil
	})
	if err != nil || changed == nil {
		return err
	}
	if _, ok := c.attached(n.Interface); !ok {
		return nil // about to be attached, with the new groups
	}
	if err := c.Plane.UpdateInterface(ctx, attachment(c.Store.Snapshot(), changed)); err != nil {
		return c.detached(n.Interface, err)
	}
	return nil
}

// detached has an interface attached again, whose update failed: the row says
// already what the kernel may lack.
func (c *Controller) detached(id string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.netns, id)
	return fmt.Errorf("update interface %s: %w", id, err)
}

// remove takes nodes down: out of the proxy's configuration first, then out of
// the kernel, then out of the store.
func (c *Controller) remove(ctx context.Context, arn string, nodes []elbv2.Node) error {
	if _, err := c.apply(ctx); err != nil {
		return err
	}
	for _, n := range nodes {
		if err := c.Plane.DetachInterface(ctx, n.Interface); err != nil {
			return fmt.Errorf("detach interface %s: %w", n.Interface, err)
		}
	}
	c.mu.Lock()
	for _, n := range nodes {
		delete(c.netns, n.Interface)
	}
	c.mu.Unlock()
	return c.Store.Update(ctx, func(tx *store.Txn) error {
		status := statusOf(tx, arn)
		for _, n := range nodes {
			ec2.ReleaseInterface(tx, n.Interface)
			status.Nodes = slices.DeleteFunc(status.Nodes, func(have elbv2.Node) bool { return have == n })
		}
		elbv2.LoadBalancerStatuses.Put(tx, status)
		return nil
	})
}

// seed scatters the addresses of nodes over their subnets.
func seed(id string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32()
}
