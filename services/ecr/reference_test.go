package ecr_test

import (
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/services/ecr"
)

func TestParseReference(t *testing.T) {
	const local, host = "127.0.0.1:4566", "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	for text, want := range map[string]ecr.Reference{
		host + "/team/app":                                   {Scope: scope, Repository: "team/app", Tag: "latest"},
		host + "/app:v1":                                     {Scope: scope, Repository: "app", Tag: "v1"},
		host + "/app@sha256:12":                              {Scope: scope, Repository: "app", Digest: "sha256:12"},
		host + "/app:v1@sha256:12":                           {Scope: scope, Repository: "app", Digest: "sha256:12"},
		local + "/app:v1":                                    {Repository: "app", Tag: "v1"},
		"localhost:4566/app":                                 {Repository: "app", Tag: "latest"},
		"127.8.9.1:4566/app":                                 {Repository: "app", Tag: "latest"},
		"[::1]:4566/app":                                     {Repository: "app", Tag: "latest"},
		"123456789012.dkr-ecr.eu-west-1.on.aws/a":            {Scope: scope, Repository: "a", Tag: "latest"},
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a": {Scope: aws.Scope{Account: "123456789012", Region: "cn-north-1"}, Repository: "a", Tag: "latest"},
	} {
		if got, ok := ecr.ParseReference(text, local); !ok || got != want {
			t.Errorf("%s: %+v %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"nginx", "library/nginx", "localhost:5000/app", "10.0.0.1:4566/app", "example.com:4566/app",
		"123456789012.dkr.ecr.eu-west-1.example.com/app", "12.dkr.ecr.eu-west-1.amazonaws.com/app", "public.ecr.aws/nginx/nginx",
	} {
		if got, ok := ecr.ParseReference(text, local); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	f.Add("127.0.0.1:4566/a:b@c")
	f.Fuzz(func(t *testing.T, text string) {
		if ref, ok := ecr.ParseReference(text, "127.0.0.1:4566"); ok && (ref.Tag == "") == (ref.Digest == "") {
			t.Errorf("%q: %+v", text, ref)
		}
	})
}
