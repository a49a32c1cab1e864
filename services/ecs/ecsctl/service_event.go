package ecsctl

import (
	"fmt"
	"slices"
	"strings"

	"kaimon.dev/kaimon/services/ecs"
)

// The messages of services in AWS's words (ECS Developer Guide, "Amazon ECS
// service event messages"), without the "(service web) " that begins each, and
// the reasons that go with them.

const (
	eventSteady    = "has reached a steady state."
	eventThrottled = "is unable to consistently start tasks successfully. " +
		"For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	eventStuck = "was unable to stop or start tasks during a deployment because of the service deployment configuration. " +
		"Update the minimumHealthyPercent or maximumPercent value and try again."

	reasonContainerUnhealthy = "Task failed container health checks"
	reasonTasksFailed        = "ECS deployment circuit breaker: tasks failed to start."
	reasonAlarms             = "ECS deployment alarms: in ALARM: "
	reasonShiftTimedOut      = "Service deployment rolled back because a lifecycle stage took longer than 24 hours."
	reasonSuperseded         = "The service deployment was superseded by another one."
	reasonStopRequested      = "The service deployment was stopped by a request."
)

// tasksInEvent is how many tasks one event names.
const tasksInEvent = 10

func reasonTargetUnhealthy(group string) string {
	return "Task failed ELB health checks in (target-group " + group + ")"
}

func reasonScaling(deployment string) string {
	return "Scaling activity initiated by (deployment " + deployment + ")"
}

func reasonCompleted(deployment string) string {
	return "ECS deployment " + deployment + " completed."
}

func reasonRollingBack(deployment string) string {
	return "ECS deployment circuit breaker: rolling back to deploymentId " + deployment + "."
}

func reasonAlarmsRollingBack(deployment string) string {
	return "ECS deployment alarms: rolling back to deploymentId " + deployment + "."
}

func reasonRollbackRequested(deployment string) string {
	return "ECS deployment: rolling back to deploymentId " + deployment + " by request."
}

func eventContainerUnhealthy(id string) string {
	return "(task " + id + ") failed container health checks."
}

func eventTargetUnhealthy(t targetView) string {
	return fmt.Sprintf("(port %d) is unhealthy in (target-group %s) due to (reason %s)", t.target.Port, t.group, t.health.Description)
}

// eventsStarted tells of new tasks, eventsStopped of those that were stopped.
func eventsStarted(ids []string) []string { return taskEvents("has started %d tasks: %s.", ids) }

func eventsStopped(ids []string) []string {
	return taskEvents("has stopped %d running tasks: %s.", ids)
}

func taskEvents(format string, ids []string) []string {
	var events []string
	for some := range slices.Chunk(ids, tasksInEvent) {
		names := make([]string, len(some))
		for i, id := range some {
			names[i] = "(task " + id + ")"
		}
		events = append(events, fmt.Sprintf(format, len(some), strings.Join(names, " ")))
	}
	return events
}

func eventRegistered(n int, group string) string {
	return fmt.Sprintf("registered %d targets in (target-group %s)", n, group)
}

func eventDeregistered(n int, group string) string {
	return fmt.Sprintf("deregistered %d targets in (target-group %s)", n, group)
}

func eventNotRegistered(group, why string) string {
	return fmt.Sprintf("failed to register targets in (target-group %s) with (error %s)", group, why)
}

func eventNotPlaced(why string) string { return "was unable to place a task. Reason: " + why }

func eventCompleted(deployment string) string {
	return "(deployment " + deployment + ") deployment completed."
}

func eventFailed(deployment, why string) string {
	return "(deployment " + deployment + ") deployment failed: " + why
}

func eventRollingBack(deployment string) string {
	return "rolling back to deployment " + deployment + "."
}

// ofService puts the service before an event; draining begins one of a task set.
func ofService(s *ecs.Service, event string) string { return "(service " + s.Name + ") " + event }

func eventDraining(s *ecs.Service, deployment string, n int) string {
	return fmt.Sprintf("(service %s, taskSet %s) has begun draining connections on %d tasks.", s.Name, deployment, n)
}

// deploymentID is the deployment ID of a revision, by its ARN.
func deploymentID(revisionARN string) string {
	return "ecs-svc/" + revisionARN[strings.LastIndexByte(revisionARN, '/')+1:]
}
