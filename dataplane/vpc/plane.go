package vpc

import "context"

// Plane is what controllers need of the data plane; *Kernel is the real one,
// vpctest.Fake a recording one. All methods are idempotent and may be repeated
// after a crash; calls may be concurrent.
type Plane interface {
	// ApplyNetwork makes a VPC's router, subnets and group rules as given, in
	// one transaction a change: no denied packet passes and no allowed one is
	// lost while it happens. Groups and subnets that are no longer given go.
	// The network, with all that it holds, is the plane's from then on.
	ApplyNetwork(ctx context.Context, n Network) error
	// RemoveNetwork removes a VPC that has no interfaces any more; ErrInUse when it has.
	RemoveNetwork(ctx context.Context, id string) error
	// Networks lists the IDs of the networks that exist in the kernel.
	Networks(ctx context.Context) ([]string, error)
	// AttachInterface makes a network namespace with the interface as eth0, up
	// and routed, and returns the namespace's path. It waits until its network
	// has been applied with its subnet and groups, or fails with ErrNotApplied
	// once ctx ends. An interface that is attached already is brought up to date.
	AttachInterface(ctx context.Context, i Interface) (netns string, err error)
	// UpdateInterface changes the groups or the public address of an attached
	// interface; ErrNotAttached when it isn't.
	UpdateInterface(ctx context.Context, i Interface) error
	// DetachInterface removes the interface, its namespace, and every tracked
	// connection of its addresses. Unknown ones are no error.
	DetachInterface(ctx context.Context, id string) error
	// Flows returns what passed a network's interfaces since it was last asked,
	// or since its Network.Flows was set; nothing of one without. What passes
	// while the plane is closed and ends before it is opened is lost.
	Flows(ctx context.Context, network string) (Flows, error)
	// NATCounts returns what a network's NAT gateways have carried since it was
	// last asked, in no order; also those that have gone since.
	NATCounts(ctx context.Context, network string) ([]NATCounts, error)
	// Attached lists the IDs of the interfaces that exist in the kernel.
	Attached(ctx context.Context) ([]string, error)
}
