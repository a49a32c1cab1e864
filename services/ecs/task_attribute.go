package ecs

import "slices"

// Compatibilities are the launch types that a task definition which passed
// CheckFargate fits, as AWS answers them.
var Compatibilities = []string{"EC2", "FARGATE"}

// RequiredAttributes names what a container instance would need to run the
// task, as AWS answers it (Developer Guide, "Amazon ECS container instance
// attributes"). Nothing here depends on it.
func RequiredAttributes(d *TaskDefinition) []string {
	need := []string{"com.amazonaws.ecs.capability.docker-remote-api.1.18", "ecs.capability.task-eni"}
	if d.TaskRoleARN != "" {
		need = append(need, "com.amazonaws.ecs.capability.docker-remote-api.1.17", "com.amazonaws.ecs.capability.task-iam-role")
	}
	for i := range d.Containers {
		c := &d.Containers[i]
		if c.LogConfiguration != nil {
			need = append(need, "com.amazonaws.ecs.capability.docker-remote-api.1.19",
				"com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.execution-role-awslogs")
		}
		if c.HealthCheck != nil {
			need = append(need, "com.amazonaws.ecs.capability.docker-remote-api.1.24", "ecs.capability.container-health-check")
		}
		if c.DependsOn != nil || c.StartTimeout != nil || c.StopTimeout != nil {
			need = append(need, "ecs.capability.container-ordering")
		}
	}
	slices.Sort(need)
	return slices.Compact(need)
}
