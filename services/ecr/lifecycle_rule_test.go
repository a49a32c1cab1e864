package ecr_test

import (
	"fmt"
	"strings"
	"testing"

	"kaimon.dev/kaimon/services/ecr"
)

// policyOf writes rules of selections that expire, with priorities 1, 2, ….
func policyOf(selections ...string) string {
	var rules []string
	for i, s := range selections {
		rules = append(rules, fmt.Sprintf(`{"rulePriority":%d,"description":"rule","selection":{%s},"action":{"type":"expire"}}`, i+1, s))
	}
	return `{"rules":[` + strings.Join(rules, ",") + `]}`
}

const (
	untagged = `"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1`
	anyImage = `"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1`
	prod     = `"tagStatus":"tagged","tagPrefixList":["prod"],"countType":"imageCountMoreThan","countNumber":1`
	beta     = `"tagStatus":"tagged","tagPrefixList":["beta"],"countType":"imageCountMoreThan","countNumber":1`
)

func TestParseLifecycle(t *testing.T) {
	p, err := ecr.ParseLifecycle(`{"rules":[
		{"rulePriority":20,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}},
		{"rulePriority":3,"description":"d","selection":{"tagStatus":"tagged","tagPatternList":["v*.*.*.*"],"countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rules) != 2 || p.Rules[0].Priority != 3 || p.Rules[0].Description != "d" || p.Rules[0].Patterns[0] != "v*.*.*.*" || p.Rules[1].Count != 14 {
		t.Errorf("%+v", p.Rules)
	}
}

func TestLifecycleRefusals(t *testing.T) {
	const shape = "instance failed to match exactly one schema (matched 0 out of 2)"
	one := func(old, new string) string { return strings.Replace(policyOf(prod), old, new, 1) }
	for text, want := range map[string]string{
		`nonsense`:                      "Could not map policyString into LifecyclePolicy.",
		`[]`:                            `instance type (array) does not match any allowed primitive type (allowed: ["object"])`,
		`{}`:                            `object has missing required properties (["rules"])`,
		`{"rules":null}`:                `instance type (null) does not match any allowed primitive type (allowed: ["array"])`,
		`{"rules":[]}`:                  "array is too short: must have at least 1 elements but instance has 0 elements",
		`{"rules":[{}]}`:                `object has missing required properties (["action", "rulePriority", "selection"])`,
		`{"rules":[],"Version":"2012"}`: `object instance has properties which are not allowed by the schema: ["Version"]`,
		one(`"rulePriority":1`, `"rulePriority":0`):                                      "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
		one(`"rulePriority":1`, `"rulePriority":"1"`):                                    `instance type (string) does not match any allowed primitive type (allowed: ["integer"])`,
		one(`"rulePriority":1`, `"rulePriority":1.5`):                                    `instance type (number) does not match any allowed primitive type (allowed: ["integer"])`,
		one(`"description":"rule"`, `"description":true`):                                `instance type (boolean) does not match any allowed primitive type (allowed: ["string"])`,
		one(`"expire"`, `"delete"`):                                                      `instance value ("delete") not found in enum (possible values: ["expire", "transition"])`,
		one(`"type":"expire"`, `"kind":"expire"`):                                        `object has missing required properties (["type"])`,
		one(`"type":"expire"`, `"type":"transition"`):                                    "images are not archived by Kaimon: action.type must be expire",
		one(`"countNumber":1`, `"countNumber":0`):                                        "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
		one(`"imageCountMoreThan"`, `"imageCountLessThan"`):                              shape,
		one(`"countNumber":1`, `"countNumber":1,"countUnit":"days"`):                     shape,
		one(`"imageCountMoreThan"`, `"sinceImagePushed"`):                                shape,
		one(`"imageCountMoreThan"`, `"sinceImagePushed","countUnit":"weeks"`):            `instance value ("weeks") not found in enum (possible values: ["days"])`,
		one(`"imageCountMoreThan"`, `"sinceImagePulled","countUnit":"days"`):             "images are not archived by Kaimon, nor is it recorded when they were pulled: countType must be imageCountMoreThan or sinceImagePushed, without storageClass",
		one(`"tagPrefixList":["prod"],`, ``):                                             "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
		one(`"tagPrefixList":["prod"]`, `"tagPrefixList":[]`):                            "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
		one(`"tagPrefixList":["prod"]`, `"tagPrefixList":["a"],"tagPatternList":["b"]`):  "Only one of tagPrefixList and tagPatternList can be specified.",
		one(`"tagPrefixList":["prod"]`, `"tagPatternList":["*a*b*c*d*"]`):                "A tag pattern can have at most 4 wildcards: *a*b*c*d*",
		one(`"tagStatus":"tagged"`, `"tagStatus":"any"`):                                 "tagPrefixList and tagPatternList can only be specified when tagStatus=TAGGED.",
		one(`["prod"]`, `"prod"`):                                                        `instance type (string) does not match any allowed primitive type (allowed: ["array"])`,
		one(`["prod"]`, `[""]`):                                                          `string "" is too short (length: 0, required minimum: 1)`,
		policyOf(anyImage, prod):                                                         "Rule for tagStatus=ANY must have the lowest priority per storage class",
		policyOf(untagged, untagged):                                                     "Only one rule can select Untagged images per storage class.",
		policyOf(prod, prod):                                                             "Each rule must have a unique set of tag prefixes or patterns",
		strings.Replace(policyOf(prod, beta), `"rulePriority":2`, `"rulePriority":1`, 1): "Each rule must have a unique rulePriority: 1",
	} {
		_, err := ecr.ParseLifecycle(text)
		full := ecr.CodeInvalidParameter + ": Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: " + want + "'"
		if err == nil || err.Error() != full {
			t.Errorf("%s\n got %v\nwant %s", text, err, full)
		}
	}
}

func FuzzParseLifecycle(f *testing.F) {
	for _, seed := range []string{policyOf(prod, untagged, anyImage), `{"rules":[{"rulePriority":1e3}]}`, `{"rules":[null]}`, `{"rules":{}}`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ecr.ParseLifecycle(text)
		if err != nil {
			if code(err) != ecr.CodeInvalidParameter {
				t.Errorf("%v", err)
			}
			return
		}
		images := []*ecr.Image{{Digest: "a", Tags: []string{"prod"}, PushedAt: now}, {Digest: "b", PushedAt: now}}
		if p.Plan(images, now); len(p.Rules) == 0 {
			t.Error("a policy without rules")
		}
	})
}
