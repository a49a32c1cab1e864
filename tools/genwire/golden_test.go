package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ec2/ec2api"
	"kaimon.dev/kaimon/services/ecr/ecrapi"
	"kaimon.dev/kaimon/services/ecs/ecsapi"
	"kaimon.dev/kaimon/services/elbv2/elbv2api"
	"kaimon.dev/kaimon/services/sts/stsapi"
)

// The generated descriptors, without handlers.
var (
	ecrService   = ecrapi.Bind(struct{ ecrapi.API }{})
	ecsService   = ecsapi.Bind(struct{ ecsapi.API }{})
	ec2Service   = ec2api.Bind(struct{ ec2api.API }{})
	stsService   = stsapi.Bind(struct{ stsapi.API }{})
	elbv2Service = elbv2api.Bind(struct{ elbv2api.API }{})
)

// newer are members that the SDK of go.mod knows and botocore's model doesn't yet.
var newer = []string{
	"sharingStrategy", "gpuSharingStrategy", "neuronDeviceIds",
	"thresholdConfiguration", "resetOnHealthyTask", "earlySuccessCriteria",
	"gatewayConnectors", "gatewayConnections", "containerConfigurations", "monitoring",
}

// newerAt are members that are newer in some of their places: below a member.
var newerAt = map[string]string{
	"advancedConfiguration": ".vpclatticeconfigurations[", "overrides": ".servicerevisions[",
	"vpcLatticeConfigurations": ".resolvedconfiguration",
}

// isNewer says whether the model lacks a member at a path.
func isNewer(path, name string) bool {
	below, some := newerAt[name]
	return slices.Contains(newer, name) || some && strings.Contains(path, below)
}

// dated writes the times of a golden JSON document as encoding/json does.
func dated(body []byte) []byte {
	return []byte(strings.ReplaceAll(string(body), "946684800", `"2000-01-01T00:00:00Z"`))
}

// newerParam is in the names of parameters that are newer in the same way.
var newerParam = regexp.MustCompile(`\.SourceIpConfig\.IpAddressType$|^TagFieldSpecification\.`)

// known takes the parameters that are newer from a form: EC2 refuses them.
func known(form []byte) []byte {
	return []byte(strings.Join(slices.DeleteFunc(strings.Split(string(form), "&"), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return newerParam.MatchString(name)
	}), "&"))
}

// sdkFolder finds the SDK's module of a service in the module cache.
func sdkFolder(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/"+module).Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		return dir
	}
	t.Fatalf("module of %s: %v", module, err)
	return ""
}

// snapshot reads one of the SDK's golden files: a line, headers, the body.
func snapshot(t *testing.T, path string) (http.Header, []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\n\n")
	if headers, rest, ok := strings.Cut(body, "\n\n"); ok && !strings.Contains(head, ": ") {
		head, body = headers, rest
	}
	header := http.Header{}
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			header.Set(name, value)
		}
	}
	return header, []byte(body)
}

// decodeGolden sends a golden request through detection, lookup and decoding.
func decodeGolden(t *testing.T, s *wire.Service, module, op string) (in any, body []byte, err error) {
	t.Helper()
	header, body := snapshot(t, filepath.Join(sdkFolder(t, module), "request_snapshot", op+".request.snap"))
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header = header
	call, ok := wire.Detect(r, body)
	if !ok {
		t.Fatalf("not detected: %v", header)
	}
	service, operation, codec, err := wire.NewDirectory(stsService, ecrService, ecsService, ec2Service, elbv2Service).Find(call, s.SigningName)
	if err != nil || service != s || operation.Name != op {
		t.Fatalf("found %v %v: %v", service, operation, err)
	}
	if call.Protocol == wire.Query {
		body = known(body)
	}
	in, err = codec.Decode(service, operation, r, body)
	return in, body, err
}

// jsonServices are the services of JSON 1.1, by the SDK's module.
var jsonServices = map[string]struct {
	*wire.Service
	api reflect.Type
	// valid says that the SDK's placeholders fit the model's constraints.
	valid bool
}{
	"ecs": {ecsService, reflect.TypeFor[ecsapi.API](), true},
	"ecr": {ecrService, reflect.TypeFor[ecrapi.API](), false}, // its names have patterns
}

// TestGoldenJSONRequests compares with what encoding/json, which takes a
// field's name in any case, makes of the same document, and looks for members
// that got lost.
func TestGoldenJSONRequests(t *testing.T) {
	for module, s := range jsonServices {
		for i := range s.Operations {
			op := &s.Operations[i]
			t.Run(module+"/"+op.Name, func(t *testing.T) {
				in, body, err := decodeGolden(t, s.Service, module, op.Name)
				if err != nil {
					t.Fatal(err)
				}
				want := op.NewInput()
				if err := json.Unmarshal(dated(body), want); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, in); diff != "" {
					t.Error(diff)
				}
				again, err := json.Marshal(in)
				if err != nil {
					t.Fatal(err)
				}
				compareLeaves(t, dated(body), again)
				if err := s.Validate(op, in); err != nil && s.valid {
					t.Error(err)
				}
			})
		}
	}
}

// TestGoldenJSONResponses fills outputs with what the SDK expects and encodes them.
func TestGoldenJSONResponses(t *testing.T) {
	for module, s := range jsonServices {
		for i := range s.Operations {
			op := &s.Operations[i]
			t.Run(module+"/"+op.Name, func(t *testing.T) {
				_, body := snapshot(t, filepath.Join(sdkFolder(t, module), "response_snapshot", op.Name+".response.snap"))
				method, _ := s.api.MethodByName(op.Name)
				out := reflect.New(method.Type.Out(0).Elem()).Interface()
				if err := json.Unmarshal(dated(body), out); err != nil {
					t.Fatal(err)
				}
				codec, _ := wire.CodecOf(wire.JSON11)
				resp, err := codec.Encode(s.Service, op, out, "id")
				if err != nil {
					t.Fatal(err)
				}
				compareLeaves(t, body, resp.Body)
			})
		}
	}
}

// TestGoldenForms checks that every parameter of a golden form arrives, each in
// the member that its value names: the SDK sets a string to "__Member__".
func TestGoldenForms(t *testing.T) {
	for module, s := range map[string]*wire.Service{"ec2": ec2Service, "sts": stsService, "elasticloadbalancingv2": elbv2Service} {
		for i := range s.Operations {
			op := &s.Operations[i]
			t.Run(s.Name+"/"+op.Name, func(t *testing.T) {
				in, body, err := decodeGolden(t, s, module, op.Name)
				if err != nil {
					t.Fatal(err)
				}
				params, err := url.ParseQuery(string(body))
				if err != nil {
					t.Fatal(err)
				}
				leaves := 0
				walk(reflect.ValueOf(in).Elem(), "", func(field string, v reflect.Value) {
					leaves++
					if text, ok := v.Interface().(string); ok && strings.HasPrefix(text, "__") && text != "__"+field+"__" {
						t.Errorf("%s holds %s", field, text)
					}
				})
				if want := len(params) - 2; leaves != want { // Action and Version
					t.Errorf("%d values decoded, %d parameters sent", leaves, want)
				}
			})
		}
	}
}

// walk visits the scalars below v with the name of the member that holds them:
// "Member" in a list, as the SDK calls it. A map's key counts as one too.
func walk(v reflect.Value, field string, visit func(field string, v reflect.Value)) {
	switch {
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), field, visit)
		}
	case v.Type() == reflect.TypeFor[time.Time](), v.Type() == reflect.TypeFor[[]byte]():
		if !v.IsZero() {
			visit(field, v)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), v.Type().Field(i).Name, visit)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), "Member", visit)
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			visit("Key", key)
			walk(v.MapIndex(key), "Value", visit)
		}
	default:
		visit(field, v)
	}
}

// compareLeaves compares two JSON documents leaf by leaf, whatever the case of
// their names and leaving out nulls and what the model doesn't know yet.
func compareLeaves(t *testing.T, want, got []byte) {
	t.Helper()
	if diff := cmp.Diff(leaves(t, want), leaves(t, got)); diff != "" {
		t.Error(diff)
	}
}

func leaves(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var tree any
	if err := json.Unmarshal(document, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	var flatten func(path string, v any)
	flatten = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, child := range v {
				if !isNewer(path, name) {
					flatten(path+"."+strings.ToLower(name), child)
				}
			}
		case []any:
			all[path+"[]"] = len(v)
			for i, child := range v {
				flatten(fmt.Sprintf("%s[%d]", path, i), child)
			}
		case nil:
		default:
			all[path] = v
		}
	}
	flatten("", tree)
	return all
}

// TestGoldenErrors compares errors with the SDK's snapshots.
func TestGoldenErrors(t *testing.T) {
	for _, shape := range ecsService.Errors {
		_, body := snapshot(t, filepath.Join(sdkFolder(t, "ecs"), "response_snapshot", shape.Code+".error.snap"))
		codec, _ := wire.CodecOf(wire.JSON11)
		e := &aws.Error{Code: shape.Code, Message: "__Message__"}
		if shape.Code == "ConflictException" {
			e.Fields = map[string]any{"resourceIds": []string{"__Member__", "__Member__"}}
		}
		compareLeaves(t, body, codec.EncodeError(ecsService, e, "id").Body)
	}
}
