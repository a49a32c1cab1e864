package ecs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/internal/lazyregexp"
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
	case l.Options["awslogs-datetime-format"] != "" && l.Options["awslogs-multiline-pattern"] != "":
		return badContainer(c, "logConfiguration: awslogs-datetime-format and awslogs-multiline-pattern can't be used together.")
	case mode != "" && mode != logBlocking && mode != "non-blocking":
		return badContainer(c, "logConfiguration: mode must be blocking or non-blocking, not '%s'.", mode)
	}
	if _, err := l.Begins(); err != nil {
		return badContainer(c, "logConfiguration: %v.", err)
	}
	if _, err := l.Buffer(); err != nil {
		return badContainer(c, "logConfiguration: max-buffer-size: %v.", err)
	}
	return nil
}

const (
	logBlocking = "blocking"
	// defaultLogBuffer is max-buffer-size where a definition doesn't say (Developer
	// Guide, "Amazon ECS task definition parameters for Fargate": 10m).
	defaultLogBuffer = 10 << 20
)

var bufferSize = lazyregexp.New(`^([0-9]{1,9})([kmg]?)b?$`)

// Buffer is how many bytes of output may wait before the oldest are dropped: 0
// in mode blocking, which has the container wait. ECS's default is non-blocking.
func (l *LogConfiguration) Buffer() (int64, error) {
	if l.Options["mode"] == logBlocking {
		return 0, nil
	}
	text := l.Options["max-buffer-size"]
	if text == "" {
		return defaultLogBuffer, nil
	}
	parts := bufferSize.FindStringSubmatch(strings.ToLower(text))
	if parts == nil {
		return 0, fmt.Errorf("'%s' is not a size", text)
	}
	n, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("'%s' is not a size", text)
	}
	return n << (10 * (strings.Index("kmg", parts[2]) + 1) * min(len(parts[2]), 1)), nil
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
