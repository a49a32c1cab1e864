package ecsapi

import (
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// taskToWire shows a task as it stands in the reader; its tags only when asked for.
func taskToWire(r store.Reader, t *ecs.Task, withTags bool) Task {
	s := ecs.StatusOf(r, t)
	out := Task{
		TaskArn: &t.ARN, ClusterArn: &t.ClusterARN, TaskDefinitionArn: &t.DefinitionARN,
		Group: &t.Group, StartedBy: wire.Optional(t.StartedBy),
		LaunchType: &t.LaunchType, CapacityProviderName: wire.Optional(t.CapacityProvider),
		PlatformVersion: &t.PlatformVersion, PlatformFamily: &t.PlatformFamily,
		AvailabilityZone: &t.Network.Zone,
		Cpu:              wire.Ptr(strconv.Itoa(t.CPU)), Memory: wire.Ptr(strconv.Itoa(t.Memory)),
		EphemeralStorage:        &EphemeralStorage{SizeInGiB: wire.Ptr(int32(t.EphemeralStorage))},
		FargateEphemeralStorage: &TaskEphemeralStorage{SizeInGiB: wire.Ptr(int32(t.EphemeralStorage))},
		EnableExecuteCommand:    wire.Ptr(false),
		InferenceAccelerators:   []InferenceAccelerator{},
		Attributes:              []Attribute{architecture(t)},
		Attachments:             []Attachment{attachmentToWire(t, s)},
		Containers:              containersToWire(t, s),
		Overrides:               overridesToWire(t),
		Tags:                    []Tag{},
		CreatedAt:               moment(t.CreatedAt),
	}
	if withTags {
		out.Tags = listed(ecs.TagsOf(r, t.ARN), tagToWire)
	}
	showStatus(&out, t, s)
	return out
}

// showStatus fills in what becomes of a task.
func showStatus(out *Task, t *ecs.Task, s *ecs.TaskStatus) {
	out.LastStatus = wire.Ptr(string(s.LastStatus))
	out.DesiredStatus = wire.Ptr(string(t.DesiredStatus(s)))
	out.HealthStatus = &s.Health
	out.Version = &s.Version
	out.Connectivity, out.ConnectivityAt = wire.Optional(s.Connectivity), moment(s.ConnectivityAt)
	out.PullStartedAt, out.PullStoppedAt = moment(s.PullStartedAt), moment(s.PullStoppedAt)
	out.StartedAt = moment(s.StartedAt)
	out.StoppingAt, out.StoppedAt = moment(t.StoppingAt(s)), moment(s.StoppedAt)
	out.ExecutionStoppedAt = moment(s.ExecutionStoppedAt)
	code, reason := t.StopReason(s)
	out.StopCode, out.StoppedReason = wire.Optional(string(code)), wire.Optional(reason)
}

func architecture(t *ecs.Task) Attribute {
	return Attribute{Name: wire.Ptr("ecs.cpu-architecture"), Value: wire.Ptr(strings.ToLower(t.Architecture))}
}

func attachmentToWire(t *ecs.Task, s *ecs.TaskStatus) Attachment {
	a := Attachment{
		Id: &t.Network.AttachmentID, Type: wire.Ptr("ElasticNetworkInterface"),
		Status: wire.Ptr(string(s.Attachment.State)),
	}
	details := []ecs.KeyValue{{Name: "subnetId", Value: t.Network.Subnet}}
	if s.Attachment.InterfaceID != "" {
		details = append(details,
			ecs.KeyValue{Name: "networkInterfaceId", Value: s.Attachment.InterfaceID},
			ecs.KeyValue{Name: "macAddress", Value: s.Attachment.MAC})
		if s.Attachment.DNSName != "" { // the VPC has enableDnsHostnames
			details = append(details, ecs.KeyValue{Name: "privateDnsName", Value: s.Attachment.DNSName})
		}
		details = append(details, ecs.KeyValue{Name: "privateIPv4Address", Value: s.Attachment.Address})
	}
	a.Details = each(details, keyValue)
	return a
}

func containersToWire(t *ecs.Task, s *ecs.TaskStatus) []Container {
	cluster := clusterName(t)
	out := make([]Container, len(t.Containers))
	for i, c := range t.Containers {
		st := s.Containers[i]
		out[i] = Container{
			ContainerArn: wire.Ptr(t.ContainerARN(c, cluster)), TaskArn: &t.ARN,
			Name: wire.Ptr(c.Name), Image: wire.Ptr(c.Image),
			ImageDigest: wire.Optional(st.ImageDigest), RuntimeId: wire.Optional(st.RuntimeID),
			LastStatus: wire.Ptr(string(st.LastStatus)), HealthStatus: wire.Ptr(st.Health),
			ExitCode: wireInt(st.ExitCode), Reason: wire.Optional(st.Reason),
			Cpu:               wire.Ptr(strconv.Itoa(c.CPU)),
			Memory:            mebibytes(c.Memory),
			MemoryReservation: mebibytes(c.MemoryReservation),
			NetworkBindings:   []NetworkBinding{},
			NetworkInterfaces: []NetworkInterface{},
		}
		if s.Attachment.InterfaceID != "" {
			out[i].NetworkInterfaces = append(out[i].NetworkInterfaces, NetworkInterface{
				AttachmentId: &t.Network.AttachmentID, PrivateIpv4Address: &s.Attachment.Address,
			})
		}
	}
	return out
}

// mebibytes shows a limit that is set.
func mebibytes(n int) *string {
	if n == 0 {
		return nil
	}
	return wire.Ptr(strconv.Itoa(n))
}

// clusterName is the name of a task's cluster, which its ARN carries.
func clusterName(t *ecs.Task) string {
	a, err := aws.ParseARN(t.ClusterARN)
	if err != nil {
		return ""
	}
	return a.ID()
}
