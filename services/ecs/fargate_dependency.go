package ecs

// checkDependencies refuses dependencies that could never be met: on a
// container that isn't there, on itself, in a circle, on the health of one
// that has no check, or on the end of one that ends the task.
func checkDependencies(d *TaskDefinition) error {
	for i := range d.Containers {
		c := &d.Containers[i]
		for _, dep := range c.DependsOn {
			if err := checkDependency(d, c, dep); err != nil {
				return err
			}
		}
	}
	if name := findCycle(d); name != "" {
		return ClientException("Container dependencies should not have a cycle: container '%s' depends on itself.", name)
	}
	return nil
}

func checkDependency(d *TaskDefinition, c *ContainerDefinition, dep ContainerDependency) error {
	on := d.Container(dep.ContainerName)
	if on == nil {
		return badContainer(c, "dependsOn: unknown container '%s'.", dep.ContainerName)
	}
	switch dep.Condition {
	case ConditionStart:
	case ConditionComplete, ConditionSuccess:
		if on.Essential {
			return ClientException("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
		}
	case ConditionHealthy:
		if on.HealthCheck == nil {
			return badContainer(c, "dependsOn: condition HEALTHY needs a health check, which container '%s' does not have.", on.Name)
		}
	default:
		return badContainer(c, "dependsOn: condition '%s' is not valid.", dep.Condition)
	}
	return nil
}

// findCycle returns a container that waits for itself, directly or through
// others, by dependsOn or volumesFrom; "" if there is none.
func findCycle(d *TaskDefinition) string {
	const (
		entered = 1
		left    = 2
	)
	state := map[string]int{}
	var visit func(c *ContainerDefinition) string
	visit = func(c *ContainerDefinition) string {
		switch state[c.Name] {
		case entered:
			return c.Name
		case left:
			return ""
		}
		state[c.Name] = entered
		for _, name := range c.waitsFor() {
			if found := visit(d.Container(name)); found != "" {
				return found
			}
		}
		state[c.Name] = left
		return ""
	}
	for i := range d.Containers {
		if found := visit(&d.Containers[i]); found != "" {
			return found
		}
	}
	return ""
}

// waitsFor returns the containers that must be there before c can be made.
func (c *ContainerDefinition) waitsFor() []string {
	var names []string
	for _, dep := range c.DependsOn {
		names = append(names, dep.ContainerName)
	}
	for _, v := range c.VolumesFrom {
		names = append(names, v.SourceContainer)
	}
	return names
}
