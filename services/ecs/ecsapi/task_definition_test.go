package ecsapi

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

const definitionPrefix = "arn:aws:ecs:eu-west-1:000000000000:task-definition/"

func describe(w *world, ref string, include ...string) *DescribeTaskDefinitionOutput {
	w.Helper()
	out, err := w.DescribeTaskDefinition(w.ctx, &DescribeTaskDefinitionInput{TaskDefinition: &ref, Include: include})
	return must(w, out, err)
}

func TestFullDefinitionComesBackWhole(t *testing.T) {
	w := newWorld(t)
	in := fullDefinition()
	registered, err := w.RegisterTaskDefinition(w.ctx, in)
	must(w, registered, err)
	out := describe(w, "full", "TAGS")
	if !reflect.DeepEqual(registered.TaskDefinition, out.TaskDefinition) {
		t.Error("Register and Describe answer differently")
	}
	if !reflect.DeepEqual(out.Tags, in.Tags) || !reflect.DeepEqual(registered.Tags, in.Tags) {
		t.Errorf("tags %v", out.Tags)
	}
	got, want := reflect.ValueOf(out.TaskDefinition).Elem(), reflect.ValueOf(in).Elem()
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		if name == "Tags" || name == "PlacementConstraints" {
			continue
		}
		if g := got.FieldByName(name); !reflect.DeepEqual(g.Interface(), want.Field(i).Interface()) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, g.Interface(), want.Field(i).Interface())
		}
	}
}

func TestRegisterFillsInDefaults(t *testing.T) {
	w := newWorld(t)
	in := smallest("web")
	in.Cpu, in.Memory = wire.Ptr(".5 vCPU"), wire.Ptr("1 GB")
	in.TaskRoleArn = wire.Ptr("task")
	in.ContainerDefinitions[0].PortMappings = []PortMapping{{ContainerPort: wire.Ptr[int32](80)}}
	in.ContainerDefinitions[0].HealthCheck = &HealthCheck{Command: []string{"CMD", "true"}}
	out, err := w.RegisterTaskDefinition(w.ctx, in)
	d := must(w, out, err).TaskDefinition
	if *d.Cpu != "512" || *d.Memory != "1024" || *d.TaskRoleArn != "arn:aws:iam::000000000000:role/task" {
		t.Errorf("cpu %s, memory %s, role %s", *d.Cpu, *d.Memory, *d.TaskRoleArn)
	}
	if *d.TaskDefinitionArn != definitionPrefix+"web:1" || *d.Revision != 1 || *d.Status != "ACTIVE" || *d.RegisteredBy != root || !d.RegisteredAt.Equal(w.now) {
		t.Errorf("definition %+v", d)
	}
	if strings.Join(d.Compatibilities, " ") != "EC2 FARGATE" || d.RequiresCompatibilities != nil ||
		d.Volumes == nil || d.PlacementConstraints == nil || len(d.RequiresAttributes) == 0 {
		t.Errorf("lists %+v", d)
	}
	c := d.ContainerDefinitions[0]
	if *c.Cpu != 0 || !*c.Essential || c.Memory != nil || c.Environment == nil || c.MountPoints == nil || c.VolumesFrom == nil || c.SystemControls == nil {
		t.Errorf("container %+v", c)
	}
	if p := c.PortMappings[0]; *p.HostPort != 80 || *p.Protocol != "tcp" {
		t.Errorf("port %d %s", *p.HostPort, *p.Protocol)
	}
	if h := c.HealthCheck; *h.Interval != 30 || *h.Timeout != 5 || *h.Retries != 3 || h.StartPeriod != nil {
		t.Errorf("health check %+v", h)
	}
	if tags := describe(w, "web", "TAGS").Tags; tags == nil || len(tags) != 0 {
		t.Errorf("tags %v", tags)
	}
	if tags := describe(w, "web").Tags; tags != nil {
		t.Errorf("tags without include %v", tags)
	}
}

func TestRegisterRefuses(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		change     func(in *RegisterTaskDefinitionInput)
		code, word string
	}{
		"cpu":    {func(in *RegisterTaskDefinitionInput) { in.Cpu = wire.Ptr("a lot") }, "ClientException", "Invalid 'cpu' setting for task."},
		"memory": {func(in *RegisterTaskDefinitionInput) { in.Memory = wire.Ptr("-1") }, "ClientException", "Invalid 'memory' setting for task."},
		"no cpu": {func(in *RegisterTaskDefinitionInput) { in.Cpu = nil }, "ClientException", "'cpu' be defined"},
		"mode":   {func(in *RegisterTaskDefinitionInput) { in.NetworkMode = nil }, "ClientException", "awsvpc"},
		"storage": {func(in *RegisterTaskDefinitionInput) {
			in.EphemeralStorage = &EphemeralStorage{SizeInGiB: wire.Ptr[int32](0)}
		}, "ClientException", "ephemeralStorage"},
		"role":       {func(in *RegisterTaskDefinitionInput) { in.TaskRoleArn = wire.Ptr("a b") }, "ClientException", "Role is not valid"},
		"other role": {func(in *RegisterTaskDefinitionInput) { in.ExecutionRoleArn = wire.Ptr("arn:x") }, "ClientException", "Role is not valid"},
		"tags":       {func(in *RegisterTaskDefinitionInput) { in.Tags = []Tag{{Key: wire.Ptr("aws:x")}} }, "InvalidParameterException", "aws:"},
		"size": {func(in *RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Environment = []KeyValuePair{{Name: wire.Ptr("A"), Value: wire.Ptr(strings.Repeat("x", 65536))}}
		}, "ClientException", "Max allowed length is '65536' bytes."},
	} {
		t.Run(name, func(t *testing.T) {
			in := smallest("web")
			c.change(in)
			_, err := w.RegisterTaskDefinition(w.ctx, in)
			w.refused(err, c.code, c.word)
		})
	}
	if got := w.register("web"); got != definitionPrefix+"web:1" {
		t.Errorf("refused requests used up numbers: %s", got)
	}
}

func TestDefinitionSizeIsThatOfWhatWasGiven(t *testing.T) {
	in := smallest("web")
	for range 9 {
		in.ContainerDefinitions = append(in.ContainerDefinitions, in.ContainerDefinitions[0])
	}
	// Ten containers with some 40 absent members each come to ten kilobytes of nulls.
	in.ContainerDefinitions[0].Command = []string{strings.Repeat("x", 60000)}
	if err := checkDefinitionSize(in); err != nil {
		t.Error(err)
	}
}

func TestRevisionsAreNeverUsedTwice(t *testing.T) {
	w := newWorld(t)
	w.register("web")
	w.register("web")
	w.register("other")
	for _, ref := range []string{"web:2", "web:1"} {
		out, err := w.DeregisterTaskDefinition(w.ctx, &DeregisterTaskDefinitionInput{TaskDefinition: &ref})
		if d := must(w, out, err).TaskDefinition; *d.Status != "INACTIVE" || !d.DeregisteredAt.Equal(w.now) {
			t.Errorf("deregistered %+v", d)
		}
	}
	_, err := w.DeleteTaskDefinitions(w.ctx, &DeleteTaskDefinitionsInput{TaskDefinitions: []string{"web:1", "web:2"}})
	must(w, 0, err)
	w.now = w.now.Add(2 * time.Hour)
	_, err = w.DeleteTaskDefinitions(w.ctx, &DeleteTaskDefinitionsInput{TaskDefinitions: []string{"web:2"}})
	must(w, 0, err)
	if got := w.register("web"); got != definitionPrefix+"web:3" {
		t.Errorf("after deletion: %s", got)
	}
}

func TestDescribeTaskDefinition(t *testing.T) {
	w := newWorld(t)
	arn := w.register("web")
	w.register("web")
	for ref, revision := range map[string]int32{"web": 2, "web:1": 1, arn: 1} {
		if got := *describe(w, ref).TaskDefinition.Revision; got != revision {
			t.Errorf("%s: revision %d", ref, got)
		}
	}
	for ref, code := range map[string]string{
		"nope": "ClientException", "web:3": "ClientException", strings.Replace(arn, "eu-west-1", "us-east-1", 1): "ClientException",
		"web:x": "ClientException", "arn:aws:ecs:eu-west-1:000000000000:cluster/web": "InvalidParameterException",
	} {
		_, err := w.DescribeTaskDefinition(w.ctx, &DescribeTaskDefinitionInput{TaskDefinition: &ref})
		w.refused(err, code)
	}
	_, err := w.DescribeTaskDefinition(w.ctx, &DescribeTaskDefinitionInput{TaskDefinition: wire.Ptr("nope")})
	w.refused(err, "ClientException", "Unable to describe task definition.")
}

func TestDeregisterTaskDefinition(t *testing.T) {
	w := newWorld(t)
	w.register("web")
	deregister := func(ref string) (*DeregisterTaskDefinitionOutput, error) {
		return w.DeregisterTaskDefinition(w.ctx, &DeregisterTaskDefinitionInput{TaskDefinition: &ref})
	}
	_, err := deregister("web")
	w.refused(err, "ClientException", "Revision is missing")
	_, err = deregister("web:2")
	w.refused(err, "ClientException", "does not exist")
	_, err = deregister("we b:2")
	w.refused(err, "ClientException")
	first, err := deregister("web:1")
	must(w, first, err)
	at := w.now
	w.now = w.now.Add(time.Minute)
	again, err := deregister("web:1")
	if d := must(w, again, err).TaskDefinition; !d.DeregisteredAt.Equal(at) {
		t.Errorf("a second time moves the time to %v", d.DeregisteredAt)
	}
	if _, err := ecs.FindRunnable(w.Store.Snapshot(), scope(w.ctx), "web:1"); err == nil {
		t.Error("a deregistered definition can be run")
	}
}
