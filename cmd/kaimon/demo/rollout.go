package demo

import (
	"context"
	"fmt"
	"strings"
)

// update changes the service to a revision, and returns it once it is stable.
func (d *Demo) update(ctx context.Context, definition string) (*service, error) {
	in := map[string]any{"cluster": name, "service": name, "taskDefinition": definition}
	if err := d.ecs(ctx, "UpdateService", in, nil); err != nil {
		return nil, err
	}
	return d.awaitStable(ctx)
}

func updateCommand(definition string) string {
	return "aws ecs update-service --cluster " + name + " --service " + name + " --task-definition " + definition
}

// versions are revisions of the family, from the oldest that the demo made.
type versions struct{ first, second string }

func (d *Demo) deployGood(ctx context.Context) error {
	d.step("Deploy version 2, with requests all the while", registerCommand("2")+"\n"+updateCommand(name))
	before, err := describeService(ctx, d.Client)
	if err != nil {
		return err
	}
	d.made.first = before.TaskDefinition
	if err := d.register(ctx, "2"); err != nil {
		return err
	}
	s, err := d.update(ctx, name)
	if err != nil {
		return err
	}
	d.made.second = s.TaskDefinition
	return nil
}

// deployBad deploys a program that ends at once: the circuit breaker rolls back.
func (d *Demo) deployBad(ctx context.Context) error {
	d.step("Deploy one whose program ends at once: the circuit breaker rolls back by itself",
		"aws ecs register-task-definition --family "+name+" … \"entryPoint\":[\"/kaimon\",\"version\"] …\n"+updateCommand(name))
	if err := d.register(ctx, "3", "/kaimon", "version"); err != nil {
		return err
	}
	s, err := d.update(ctx, name)
	if err != nil {
		return err
	}
	if s.TaskDefinition != d.made.second {
		return fmt.Errorf("the service runs %s after the bad deploy, not %s", s.TaskDefinition, d.made.second)
	}
	d.say("it runs %s again", short(s.TaskDefinition))
	return nil
}

func (d *Demo) rollBack(ctx context.Context) error {
	d.step("Roll back to version 1 by hand", updateCommand(short(d.made.first)))
	s, err := d.update(ctx, d.made.first)
	if err != nil {
		return err
	}
	if s.TaskDefinition != d.made.first {
		return fmt.Errorf("the service runs %s, not %s", s.TaskDefinition, d.made.first)
	}
	return nil
}

// short is a task definition's family and revision.
func short(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
