package ecs

import (
	"encoding/base64"
	"encoding/hex"
	"iter"
	"time"

	"kaimon.dev/kaimon/store"
)

// ServiceDeployment is one change of a service to another revision, as it was
// asked for (API Reference, "ServiceDeployment"). Sole writer: ecsapi, by
// CreateService and UpdateService, and Stop by StopServiceDeployment. How it
// goes is its ServiceDeploymentStatus. One that is no longer Service.DeploymentARN
// was superseded by another.
type ServiceDeployment struct {
	// ARN is arn:…:service-deployment/<cluster>/<service>/<21 characters>.
	ARN        string
	ServiceARN string
	ClusterARN string
	CreatedAt  time.Time
	// RevisionARN is the revision that all tasks shall have in the end.
	RevisionARN string
	// SourceARN is the revision that was PRIMARY when the deployment was asked
	// for; "" for a service's first.
	SourceARN string
	// Configuration is the service's at that time.
	Configuration DeploymentConfiguration
	// Stop is set once the deployment was asked to stop; it is never unset.
	Stop *StopDeployment
}

// StopDeployment says that a deployment shall stop.
type StopDeployment struct {
	At time.Time
	// Rollback brings the service back to the last revision whose deployment
	// succeeded; otherwise its tasks stay as they are (stopType ABORT).
	Rollback bool
}

// ServiceDeployments holds every deployment by ARN.
var ServiceDeployments = store.NewTable("ecs.service-deployments", func(d *ServiceDeployment) string { return d.ARN },
	store.Index[ServiceDeployment]{Name: byService, Keys: func(d *ServiceDeployment) []string { return []string{d.ServiceARN} }})

// ServiceDeploymentARN returns the ARN of a deployment of a service.
func ServiceDeploymentARN(c *Cluster, service, id string) string {
	return c.Scope.ARN("ecs", "service-deployment/"+c.Name+"/"+service+"/"+id).String()
}

// NewDeploymentID makes the last part of a deployment's ARN from 32 random
// hexadecimal digits: 21 characters, as AWS's have.
func NewDeploymentID(hex32 string) string {
	b, err := hex.DecodeString(hex32)
	if err != nil || len(b) != 16 {
		b = make([]byte, 16)
	}
	return base64.RawURLEncoding.EncodeToString(b)[1:]
}

// DeploymentsOf iterates over a service's deployments in order of ARN, which
// says nothing of time.
func DeploymentsOf(r store.Reader, serviceARN string) iter.Seq[*ServiceDeployment] {
	return ServiceDeployments.By(r, byService, serviceARN)
}
