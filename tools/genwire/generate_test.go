package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kaimon.dev/kaimon/tools/internal/model"
)

// tiny is a model in which operations share shapes.
const tiny = `{
 "source": "botocore 9.9", "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "tiny", "jsonVersion": "1.0",
  "protocol": "json", "protocols": ["json", "query"], "serviceId": "Tiny", "targetPrefix": "TinyV1"},
 "operations": {
  "Put": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "Thing"}, "output": {"shape": "Thing", "resultWrapper": "R"}, "errors": [{"shape": "Oops"}]},
  "Get": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "Thing"}}
 },
 "shapes": {
  "Thing": {"type": "structure", "required": ["zeta"], "members": {"zeta": {"shape": "Word"}, "alpha": {"shape": "Thing"}, "list": {"shape": "Words"},
    "doc": {"shape": "Doc"}, "map": {"shape": "Map"}, "when": {"shape": "Time", "timestampFormat": "iso8601"}, "token": {"shape": "Look"}}},
  "Words": {"type": "list", "member": {"shape": "Word", "locationName": "item"}, "min": 1},
  "Map": {"type": "map", "key": {"shape": "Word"}, "value": {"shape": "Words"}, "flattened": true},
  "Word": {"type": "string", "min": 1, "max": 5, "pattern": "[\\u0041-Z]+", "enum": ["A", "B"]},
  "Look": {"type": "string", "pattern": "(?!aws)x"},
  "Time": {"type": "timestamp"},
  "Doc": {"type": "structure", "document": true},
  "Oops": {"type": "structure", "exception": true, "fault": true, "error": {"code": "Oops.Big", "httpStatusCode": 503}}
 }}`

func parseTiny(t *testing.T, edit ...string) *model.Model {
	t.Helper()
	m, err := model.Parse([]byte(strings.NewReplacer(edit...).Replace(tiny)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGenerate(t *testing.T) {
	source, dropped, err := generate("tiny", parseTiny(t))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(source)), " ")
	for _, want := range []string{
		"from aws/wire/models/tiny.json (botocore 9.9). DO NOT EDIT.",
		"package tinyapi", `"kaimon.dev/kaimon/aws"`, `"time"`,
		"Get(ctx context.Context, in *GetInput) (*GetOutput, error)",
		"type GetInput struct { Zeta *string Alpha *Thing List []string Doc any Map map[string][]string When *time.Time Token *string }",
		"type Thing struct {", "type GetOutput struct { }",
		`Protocols: []wire.Protocol{wire.JSON10, wire.Query}, Style: wire.CoralStyle,`,
		`wire.Op(wire.Operation{Name: "Put", ResultWrapper: "R", Method: "POST", Path: "/"}, api.Put)`,
		`{Code: "Oops.Big", Status: 503, Fault: aws.Receiver},`,
		`{Name: "zeta", Target: "Word", Required: true},`,
		`{Name: "when", Target: "Time", Time: wire.ISO8601Time},`,
		`{Name: "token", Target: "Look"},`,
		`{Name: "Words", Kind: wire.List, Bounds: &wire.Bounds{Min: 1, Max: wire.NoMax}, Elem: wire.Member{Target: "Word", LocationName: "item"}},`,
		`{Name: "Map", Kind: wire.Map, Flattened: true, Key: wire.Member{Target: "Word"}, Elem: wire.Member{Target: "Words"}},`,
		`{Name: "Word", Kind: wire.String, Enum: []string{"A", "B"}, Bounds: &wire.Bounds{Min: 1, Max: 5}, Pattern: "[\\x{0041}-Z]+"},`,
		`// Look: the model's pattern is not RE2 and not checked: "(?!aws)x" {Name: "Look", Kind: wire.String},`,
		`{Name: "Doc", Kind: wire.Document},`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if len(dropped) != 1 || !strings.HasPrefix(dropped[0], "Look: (?!aws)x") {
		t.Errorf("dropped %q", dropped)
	}
	for range 5 {
		again, _, err := generate("tiny", parseTiny(t))
		if err != nil || string(again) != string(source) {
			t.Fatalf("generated something else: %v", err)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	for name, edit := range map[string][]string{
		"an unknown type":           {`"type": "timestamp"`, `"type": "bignum"`},
		"a missing shape":           {`{"shape": "Doc"}`, `{"shape": "Gone"}`},
		"two members of one name":   {`"list": {`, `"Zeta": {`},
		"a name that is taken":      {`{"shape": "Doc"}`, `{"shape": "GetInput"}`, `"Doc": {"type": "structure", "document": true}`, `"GetInput": {"type": "string"}`},
		"a fraction among bounds":   {`"max": 5`, `"max": 5.5`},
		"a fraction as lower bound": {`"min": 1, "max"`, `"min": 1.5, "max"`},
	} {
		if _, _, err := generate("tiny", parseTiny(t, edit...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// repository lays out a root with the tiny model.
func repository(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, models)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"tiny.json": tiny, "tiny.txt": "# all\nPut\nGet\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestRunWritesAndChecks(t *testing.T) {
	root := repository(t)
	if err := run(root, true); err == nil || !strings.Contains(err.Error(), "stale") {
		t.Errorf("nothing generated, check says %v", err)
	}
	if err := run(root, false); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true); err != nil {
		t.Errorf("fresh, check says %v", err)
	}
	file := filepath.Join(root, "services/tiny/tinyapi/zz_wire.go")
	if err := os.WriteFile(file, []byte("package tinyapi\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true); err == nil || !strings.Contains(err.Error(), "services/tiny/tinyapi/zz_wire.go") {
		t.Errorf("stale, check says %v", err)
	}
}

func TestRunNoticesAListThatMovedOn(t *testing.T) {
	for name, list := range map[string]string{"one more": "Put\nGet\nDrop\n", "one less": "Put\n"} {
		root := repository(t)
		if err := os.WriteFile(filepath.Join(root, "aws/wire/models/tiny.txt"), []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := run(root, false); err == nil || !strings.Contains(err.Error(), "run tools/trimmodel") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := run(t.TempDir(), false); err == nil {
		t.Error("no error without models")
	}
}

// TestTheRepositoryIsFresh is what lint runs.
func TestTheRepositoryIsFresh(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Error(err)
	}
}

func TestTheModelsCarryNoDocumentation(t *testing.T) {
	files, _ := filepath.Glob("../../aws/wire/models/*.json")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ Source string }
		if err := json.Unmarshal(text, &m); err != nil || !strings.HasPrefix(m.Source, "botocore ") {
			t.Errorf("%s: source %q, %v", file, m.Source, err)
		}
		if strings.Contains(string(text), `"documentation"`) || strings.Contains(string(text), "<p>") {
			t.Errorf("%s has documentation", file)
		}
	}
}
