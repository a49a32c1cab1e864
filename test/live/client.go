package live

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// Region is the region of every client here.
const Region = "eu-west-1"

// Access is what a client needs to reach a server.
type Access struct{ Endpoint, AccessKeyID, SecretAccessKey string }

// Access reads the administrator's key of a server that was started once.
func (s *Server) Access() (Access, error) {
	text, err := os.ReadFile(filepath.Join(s.DataDir, "credentials.json"))
	if err != nil {
		return Access{}, err
	}
	var a Access
	return a, json.Unmarshal(text, &a)
}

// config is the SDK's configuration. It doesn't retry: a test wants to see every answer.
func (s *Server) config() (aws.Config, error) {
	a, err := s.Access()
	return aws.Config{
		Region: Region, BaseEndpoint: &a.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(a.AccessKeyID, a.SecretAccessKey, ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  &http.Client{Transport: plainBody{}},
	}, err
}

// plainBody hides smithy-go's request bodies from net/http. In smithy-go 1.28 a
// body that was closed answers WriteTo with io.EOF; when our answer comes before
// net/http has looked whether the body goes on, it takes that for a failure to
// send, and closes the connection while the answer is being read.
type plainBody struct{}

// RoundTrip implements http.RoundTripper.
func (plainBody) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	// Some operations put a prefix before the endpoint's host, which is no name.
	r.Host, r.URL.Host = r.URL.Host, strings.TrimPrefix(r.URL.Host, "stream-")
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

// ECS returns an SDK client of a server that was started once.
func (s *Server) ECS() (*ecs.Client, error) {
	c, err := s.config()
	return ecs.NewFromConfig(c), err
}

// EC2 returns an SDK client of a server that was started once.
func (s *Server) EC2() (*ec2.Client, error) {
	c, err := s.config()
	return ec2.NewFromConfig(c), err
}

// ECR returns an SDK client of a server that was started once.
func (s *Server) ECR() (*ecr.Client, error) {
	c, err := s.config()
	return ecr.NewFromConfig(c), err
}

// ELB returns an SDK client of a server that was started once.
func (s *Server) ELB() (*elasticloadbalancingv2.Client, error) {
	c, err := s.config()
	return elasticloadbalancingv2.NewFromConfig(c), err
}

// Logs returns an SDK client of a server that was started once.
func (s *Server) Logs() (*cloudwatchlogs.Client, error) {
	c, err := s.config()
	return cloudwatchlogs.NewFromConfig(c), err
}

// targets are the prefixes of X-Amz-Target by service.
var targets = map[string]string{
	"ecs": "AmazonEC2ContainerServiceV20141113", "ecr": "AmazonEC2ContainerRegistry_V20150921",
	"logs": "Logs_20140328", "servicediscovery": "Route53AutoNaming_v20170314",
}

// Call sends one signed request as it is, good or bad, and returns the HTTP
// status and the answer's body. The operation is ECS's unless a service and a
// colon come before it.
func (a Access) Call(ctx context.Context, operation, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Endpoint+"/", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	service, name, other := strings.Cut(operation, ":")
	if !other {
		service, name = "ecs", operation
	}
	req.Header.Set("X-Amz-Target", targets[service]+"."+name)
	sum := sha256.Sum256([]byte(body))
	key := aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(ctx, key, req, hex.EncodeToString(sum[:]), service, Region, time.Now()); err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w", operation, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}
