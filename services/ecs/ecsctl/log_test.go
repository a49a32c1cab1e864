package ecsctl_test

import (
	"testing"
	"time"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/services/logs"
	"kaimon.dev/kaimon/store"
)

// logging is a container that prints to a log stream of group /app.
func logging(options map[string]string) ecs.ContainerDefinition {
	c := container("main", "wait")
	c.LogConfiguration = &ecs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{
		"awslogs-group": "/app", "awslogs-region": scope.Region, "awslogs-stream-prefix": "p",
	}}
	for k, v := range options {
		c.LogConfiguration.Options[k] = v
	}
	return c
}

func TestLogGroupMissing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(logging(nil))
		w.after(time.Minute)
		w.wantStopped(arn, ecs.StopFailedToStart, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "+
			"failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1")
		if p := w.machine.Processes(); len(p) != 0 {
			t.Errorf("processes: %v", p)
		}
	})
}

func TestLogStreamMade(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		arn := w.run(logging(map[string]string{"awslogs-create-group": "true"}))
		w.after(time.Minute)
		w.want(arn, ecs.TaskRunning)
		w.update(func(tx *store.Txn) error {
			g, err := logs.FindGroup(tx, scope, "/app")
			if err != nil {
				return err
			}
			task, _ := ecs.Tasks.Get(tx, arn)
			_, err = logs.FindStream(tx, g, "p/main/"+task.ID)
			return err
		})
	})
}
