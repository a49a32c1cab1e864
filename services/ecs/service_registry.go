package ecs

import (
	"slices"
	"strconv"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/servicediscovery"
	"kaimon.dev/kaimon/store"
)

// ServiceRegistry is the Cloud Map service in which the tasks of a service are
// found (API Reference, "ServiceRegistry").
type ServiceRegistry struct {
	ARN string
	// ContainerName and ContainerPort, or Port, say which port an SRV record
	// names; "" and 0 when they were not given.
	ContainerName string
	ContainerPort int
	Port          int
}

// CheckServiceRegistries refuses registries that don't exist or that tasks of
// the definition can't be registered in.
func CheckServiceRegistries(r store.Reader, s aws.Scope, registries []ServiceRegistry, d *TaskDefinition) error {
	if len(registries) > 1 {
		return InvalidParameter("serviceRegistries can have at most 1 item.")
	}
	for _, g := range registries {
		if g.ARN == "" {
			return InvalidParameter("registryArn cannot be blank.")
		}
		of, err := servicediscovery.FindService(r, s, g.ARN)
		if err != nil || of.ARN() != g.ARN {
			return InvalidParameter("The service registry %s does not exist.", g.ARN)
		}
		if err := g.check(d); err != nil {
			return err
		}
		if _, srv := of.Has(servicediscovery.SRV); srv && g.port() == 0 {
			return InvalidParameter("A service registry with SRV records needs a containerName and containerPort, or a port.")
		}
	}
	return nil
}

// check refuses a registry whose port isn't one of the definition's.
func (g ServiceRegistry) check(d *TaskDefinition) error {
	switch {
	case g.Port != 0 && (g.ContainerName != "" || g.ContainerPort != 0):
		return InvalidParameter("A service registry can have either a port or a containerName and containerPort.")
	case g.Port < 0 || g.Port > maxPort:
		return InvalidParameter("The port of a service registry must be between 1 and %d.", maxPort)
	case (g.ContainerName == "") != (g.ContainerPort == 0):
		return InvalidParameter("A service registry needs both containerName and containerPort.")
	case g.ContainerName == "":
		return nil
	}
	c := d.Container(g.ContainerName)
	if c == nil {
		return InvalidParameter("The container %s does not exist in the task definition.", g.ContainerName)
	}
	if !slices.ContainsFunc(c.PortMappings, func(p PortMapping) bool { return p.ContainerPort == g.ContainerPort }) {
		return InvalidParameter("The container %s did not have a container port %d defined.", g.ContainerName, g.ContainerPort)
	}
	return nil
}

// port is what an SRV record names, 0 without.
func (g ServiceRegistry) port() int { return max(g.Port, g.ContainerPort) }

// Instance is how a running task of a service is registered. Its health is that
// of its containers; a task without health checks is healthy.
func (g ServiceRegistry) Instance(t *Task, s *TaskStatus, cluster, service string) servicediscovery.Instance {
	health := servicediscovery.Healthy
	if checked := slices.ContainsFunc(t.Containers, func(c TaskContainer) bool { return c.HealthChecked }); checked && s.Health != HealthHealthy {
		health = servicediscovery.Unhealthy
	}
	attributes := map[string]string{
		servicediscovery.AttributeIPv4:          s.Attachment.Address,
		servicediscovery.AttributeInitialHealth: string(health),
		"AVAILABILITY_ZONE":                     t.Network.Zone,
		"REGION":                                t.Scope.Region,
		"ECS_CLUSTER_NAME":                      cluster,
		"ECS_SERVICE_NAME":                      service,
		"ECS_TASK_DEFINITION_FAMILY":            t.Family,
	}
	if p := g.port(); p != 0 {
		attributes[servicediscovery.AttributePort] = strconv.Itoa(p)
	}
	return servicediscovery.Instance{ID: t.ID, Attributes: attributes}
}
