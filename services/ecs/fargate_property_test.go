package ecs

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// drawDefinition draws a definition that is right in the main and wrong here
// and there.
func drawDefinition(t *rapid.T) *TaskDefinition {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID).Draw(t, "names")
	d := &TaskDefinition{
		Scope: testScope, Family: "f", NetworkMode: "awsvpc",
		CPU:              rapid.SampledFrom([]int{256, 512, 1024}).Draw(t, "cpu"),
		Memory:           rapid.SampledFrom([]int{512, 1024, 2048, 4096}).Draw(t, "memory"),
		EphemeralStorage: rapid.SampledFrom([]int{0, 0, 21, 200, 300}).Draw(t, "storage"),
	}
	for _, name := range names {
		c := ContainerDefinition{
			Name: name, Image: "busybox", Essential: rapid.Bool().Draw(t, "essential"),
			CPU:               rapid.SampledFrom([]int{0, 128, 512}).Draw(t, "cpu of container"),
			Memory:            rapid.SampledFrom([]int{0, 128, 512, 2048}).Draw(t, "memory of container"),
			MemoryReservation: rapid.SampledFrom([]int{0, 64, 512}).Draw(t, "reservation"),
		}
		if rapid.Bool().Draw(t, "checked") {
			c.HealthCheck = &HealthCheck{Command: []string{"CMD", "true"}, Interval: 30, Timeout: 5, Retries: 3}
		}
		for range rapid.IntRange(0, 2).Draw(t, "dependencies") {
			c.DependsOn = append(c.DependsOn, ContainerDependency{
				ContainerName: rapid.SampledFrom(names).Draw(t, "on"),
				Condition:     rapid.SampledFrom([]DependencyCondition{"START", "COMPLETE", "SUCCESS", "HEALTHY"}).Draw(t, "condition"),
			})
		}
		for range rapid.IntRange(0, 2).Draw(t, "ports") {
			port := rapid.IntRange(79, 82).Draw(t, "port")
			c.PortMappings = append(c.PortMappings, PortMapping{
				ContainerPort: port, HostPort: rapid.SampledFrom([]int{port, port, 80}).Draw(t, "host port"), Protocol: "tcp",
			})
		}
		d.Containers = append(d.Containers, c)
	}
	return d
}

// broken says, in the plainest way, which rule a definition breaks; "" for none.
func broken(d *TaskDefinition) string {
	cpu, reserved, essential := 0, 0, 0
	started := map[string]bool{}
	for range d.Containers {
		for _, c := range d.Containers {
			ready := true
			for _, on := range c.waitsFor() {
				ready = ready && started[on]
			}
			started[c.Name] = started[c.Name] || ready
		}
	}
	for _, c := range d.Containers {
		cpu += c.CPU
		reserved += c.Memory
		if c.MemoryReservation > 0 {
			reserved += c.MemoryReservation - c.Memory
		}
		if c.Essential {
			essential++
		}
		ports := map[int]bool{}
		for _, p := range c.PortMappings {
			if p.HostPort != p.ContainerPort || ports[p.ContainerPort] {
				return "ports"
			}
			ports[p.ContainerPort] = true
		}
		for _, dep := range c.DependsOn {
			on := d.Container(dep.ContainerName)
			if dep.Condition == ConditionHealthy && on.HealthCheck == nil ||
				on.Essential && (dep.Condition == ConditionComplete || dep.Condition == ConditionSuccess) {
				return "dependency"
			}
		}
		if c.Memory > d.Memory || c.Memory > 0 && c.MemoryReservation > c.Memory {
			return "memory of " + c.Name
		}
		if !started[c.Name] {
			return fmt.Sprintf("%s never starts", c.Name)
		}
	}
	switch {
	case !IsFargateSize(d.CPU, d.Memory):
		return "size"
	case d.EphemeralStorage != 0 && (d.EphemeralStorage < 21 || d.EphemeralStorage > 200):
		return "storage"
	case cpu > d.CPU || reserved > d.Memory:
		return "sums"
	case essential == 0:
		return "essential"
	}
	return ""
}

// TestCheckFargateIsExact holds that what passes satisfies every rule, and
// that what satisfies every rule passes.
func TestCheckFargateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDefinition(t)
		err, rule := CheckFargate(d), broken(d)
		if (err == nil) != (rule == "") {
			t.Fatalf("CheckFargate says %v, the rules say %q, of %+v", err, rule, d)
		}
	})
}
