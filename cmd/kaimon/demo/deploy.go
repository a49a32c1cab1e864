package demo

import (
	"context"
)

// name is what everything that the demo makes is called; Clean removes what
// bears it.
const (
	name   = "kaimon-demo"
	behind = name + "-tasks" // the security group of the tasks
	image  = "kaimon/sample:latest"
	count  = 3
)

// Demo is a service behind a load balancer, as it comes to be.
type Demo struct {
	*Client
	*Progress

	vpc     string
	subnets []string
	// front and back are the security groups of the load balancer and the tasks.
	front, back            string
	balancer, targets, dns string
	seen                   map[string]bool // the service's events that were shown
	page                   string
	made                   versions
}

// New is a demo on a server.
func New(c *Client, p *Progress) *Demo { return &Demo{Client: c, Progress: p, seen: map[string]bool{}} }

// Run tells the story: a service with three tasks behind a load balancer, a
// deploy, one that is bad and rolls back by itself, and a rollback by hand, with
// requests all the while. It returns the first page that was served.
func (d *Demo) Run(ctx context.Context) (page string, err error) {
	for _, step := range []func(context.Context) error{
		d.startAnew, d.makeCluster, d.findNetwork, d.openGroups, d.makeBalancer, d.registerFirst, d.createService, d.fetch, d.rollouts,
	} {
		if err := step(ctx); err != nil {
			return "", err
		}
	}
	return d.page, nil
}

// URL is where the service answers.
func (d *Demo) URL() string { return "http://" + d.dns + port(d.Endpoint) + "/" }

// startAnew removes what an earlier run left.
func (d *Demo) startAnew(ctx context.Context) error {
	id, err := findGroup(ctx, d.Client, name)
	if err != nil || id == "" {
		return err
	}
	return Clean(ctx, d.Client, d.Progress)
}

func (d *Demo) makeCluster(ctx context.Context) error {
	d.step("Make a cluster", "aws ecs create-cluster --cluster-name "+name)
	return d.ecs(ctx, "CreateCluster", map[string]any{"clusterName": name}, nil)
}

// rollouts changes the service three times under constant requests.
func (d *Demo) rollouts(ctx context.Context) error {
	load := d.startLoad(ctx)
	defer load.stop()
	for _, change := range []func(context.Context) error{d.deployGood, d.deployBad, d.rollBack} {
		if err := change(ctx); err != nil {
			return err
		}
		d.say("%s", load.report())
	}
	return nil
}
