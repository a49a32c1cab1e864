package ecs

import (
	"slices"
	"strings"
)

// awslogsOptions are the options of the awslogs driver (Developer Guide, "Send
// Amazon ECS logs to CloudWatch"); the first three must be given on Fargate.
var awslogsOptions = []string{
	"awslogs-group", "awslogs-region", "awslogs-stream-prefix",
	"awslogs-create-group", "awslogs-datetime-format", "awslogs-multiline-pattern",
	"mode", "max-buffer-size",
}

const awslogsRequired = 3

// checkLog takes awslogs alone; Fargate's other drivers, splunk and
// awsfirelens, need what isn't there yet.
func checkLog(c *ContainerDefinition) error {
	l := c.LogConfiguration
	if l == nil {
		return nil
	}
	if l.LogDriver != "awslogs" {
		return badContainer(c, "logConfiguration: log driver '%s' is not supported here; only awslogs is.", l.LogDriver)
	}
	var missing, unknown []string
	for _, name := range awslogsOptions[:awslogsRequired] {
		if l.Options[name] == "" {
			missing = append(missing, name)
		}
	}
	for name := range l.Options {
		if !slices.Contains(awslogsOptions, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	mode := l.Options["mode"]
	switch {
	case len(missing) > 0:
		return ClientException("Log driver awslogs requires options: %s", strings.Join(missing, ", "))
	case len(unknown) > 0:
		return ClientException("Log driver awslogs disallows options: %s", strings.Join(unknown, ", "))
	case mode != "" && mode != "blocking" && mode != "non-blocking":
		return badContainer(c, "logConfiguration: mode must be blocking or non-blocking, not '%s'.", mode)
	}
	return nil
}

// checkLogRole holds that the platform writes logs with the execution role.
func checkLogRole(d *TaskDefinition) error {
	for i := range d.Containers {
		if d.Containers[i].LogConfiguration != nil && d.ExecutionRoleARN == "" {
			return ClientException("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
		}
	}
	return nil
}
