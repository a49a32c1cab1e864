package ecsctl

import (
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// alarmsEvery is how often the alarms of a deployment that goes on are looked at.
const alarmsEvery = 10 * time.Second

// Alarms knows the alarms that deployments watch.
type Alarms interface {
	// InAlarm returns those of the names, in their order, whose CloudWatch alarm
	// of the account and region is in the state ALARM.
	InAlarm(r store.Reader, s aws.Scope, names []string) []string
}

// watchesAlarms says whether alarms can end the newest deployment.
func (v *serviceView) watchesAlarms() bool {
	c := v.service.Configuration
	return c.AlarmsEnabled && v.progress.Rollback == nil && !v.progress.State.Final()
}

// alarm fails a deployment that goes on while one of its alarms is in ALARM, and
// says so. It asks for the next look.
func (p *planner) alarm(o *ecs.Rollout) bool {
	if !p.watchesAlarms() {
		return false
	}
	p.progress.Alarms.State = ecs.BreakerMonitoring
	if len(p.alarms) == 0 {
		p.wake(p.now.Add(alarmsEvery))
		return false
	}
	p.progress.Alarms = ecs.AlarmStatus{State: ecs.BreakerTriggered, Triggered: p.alarms}
	reason := reasonAlarms + strings.Join(p.alarms, ", ")
	p.event(eventFailed(deploymentID(o.RevisionARN), "alarm detected."))
	p.end(o, reason)
	if p.service.Configuration.AlarmsRollback {
		p.rollBack(reason, reasonAlarmsRollingBack)
	}
	return true
}
