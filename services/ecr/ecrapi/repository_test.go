package ecrapi

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

func TestRepositories(t *testing.T) {
	w := newWorld(t)
	out, err := w.CreateRepository(w.ctx, &CreateRepositoryInput{
		RepositoryName: wire.Ptr("team/b"), ImageTagMutability: wire.Ptr(ecr.Immutable), Tags: []Tag{{Key: wire.Ptr("k"), Value: wire.Ptr("v")}},
		EncryptionConfiguration: &EncryptionConfiguration{EncryptionType: wire.Ptr("AES256")},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := out.Repository
	if *r.RepositoryArn != "arn:aws:ecr:eu-west-1:123456789012:repository/team/b" || *r.RepositoryUri != "127.0.0.1:4566/team/b" || *r.ImageTagMutability != ecr.Immutable {
		t.Errorf("%+v", r)
	}
	_, err = w.CreateRepository(w.ctx, &CreateRepositoryInput{RepositoryName: app})
	w.refused("again", err, "RepositoryAlreadyExistsException", "The repository with name 'app' already exists in the registry with id '123456789012'")
	_, err = w.CreateRepository(w.ctx, &CreateRepositoryInput{RepositoryName: wire.Ptr("kms"), EncryptionConfiguration: &EncryptionConfiguration{EncryptionType: wire.Ptr("KMS")}})
	w.refused("KMS", err, ecr.CodeInvalidParameter, "")
	_, err = w.CreateRepository(w.ctx, &CreateRepositoryInput{RepositoryName: wire.Ptr("c"), ImageTagMutability: wire.Ptr(ecr.ImmutableWithExclusion)})
	w.refused("no exclusions", err, ecr.CodeInvalidParameter, "")
	_, err = w.CreateRepository(w.ctx, &CreateRepositoryInput{RepositoryName: wire.Ptr("c"), RegistryId: wire.Ptr("999999999999")})
	w.refused("another registry", err, ecr.CodeInvalidParameter, "")

	var names []string
	for token := (*string)(nil); ; {
		page, err := w.DescribeRepositories(w.ctx, &DescribeRepositoriesInput{MaxResults: wire.Ptr(int32(1)), NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Repositories {
			names = append(names, *r.RepositoryName)
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	if strings.Join(names, " ") != "app team/b" {
		t.Errorf("listed %v", names)
	}
	_, err = w.DescribeRepositories(w.ctx, &DescribeRepositoriesInput{NextToken: wire.Ptr("nonsense")})
	w.refused("a bad token", err, ecr.CodeInvalidParameter, "")
	_, err = w.DescribeRepositories(w.ctx, &DescribeRepositoriesInput{RepositoryNames: []string{"app", "none"}})
	w.refused("unknown", err, ecr.CodeRepositoryNotFound, "The repository with name 'none' does not exist in the registry with id '123456789012'")
	_, err = w.DescribeRepositories(w.ctx, &DescribeRepositoriesInput{RepositoryNames: []string{"app"}, RegistryId: wire.Ptr("999999999999")})
	w.refused("another registry", err, ecr.CodeAccessDenied, "")
}

func TestDeleteRepository(t *testing.T) {
	w := newWorld(t)
	w.put("config", "v1")
	_, err := w.DeleteRepository(w.ctx, &DeleteRepositoryInput{RepositoryName: app})
	w.refused("with images", err, "RepositoryNotEmptyException", "The repository with name 'app' in registry with id '123456789012' cannot be deleted because it still contains images")
	out, err := w.DeleteRepository(w.ctx, &DeleteRepositoryInput{RepositoryName: app, Force: wire.Ptr(true)})
	if err != nil || *out.Repository.RepositoryName != "app" {
		t.Errorf("forced: %v", err)
	}
	_, err = w.DeleteRepository(w.ctx, &DeleteRepositoryInput{RepositoryName: app})
	w.refused("again", err, ecr.CodeRepositoryNotFound, "")
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	filters := []ImageTagMutabilityExclusionFilter{{Filter: wire.Ptr("dev*"), FilterType: wire.Ptr("WILDCARD")}}
	out, err := w.PutImageTagMutability(w.ctx, &PutImageTagMutabilityInput{RepositoryName: app, ImageTagMutability: wire.Ptr(ecr.ImmutableWithExclusion), ImageTagMutabilityExclusionFilters: filters})
	if err != nil || *out.ImageTagMutability != ecr.ImmutableWithExclusion || *out.ImageTagMutabilityExclusionFilters[0].Filter != "dev*" {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = w.PutImageScanningConfiguration(w.ctx, &PutImageScanningConfigurationInput{RepositoryName: app, ImageScanningConfiguration: &ImageScanningConfiguration{ScanOnPush: wire.Ptr(true)}})
	w.fine("scanning", err)
	got, err := w.DescribeRepositories(w.ctx, &DescribeRepositoriesInput{RepositoryNames: []string{"app"}})
	if err != nil || !*got.Repositories[0].ImageScanningConfiguration.ScanOnPush {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = w.PutImageTagMutability(w.ctx, &PutImageTagMutabilityInput{RepositoryName: app, ImageTagMutability: wire.Ptr(ecr.Mutable), ImageTagMutabilityExclusionFilters: filters})
	w.refused("exclusions of MUTABLE", err, ecr.CodeInvalidParameter, "")
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	arn := wire.Ptr("arn:aws:ecr:eu-west-1:123456789012:repository/app")
	tag := func(k string) error {
		_, err := w.TagResource(w.ctx, &TagResourceInput{ResourceArn: arn, Tags: []Tag{{Key: &k, Value: wire.Ptr("v-" + k)}}})
		return err
	}
	for _, k := range []string{"b", "a", "c"} {
		w.fine("tag", tag(k))
	}
	_, err := w.UntagResource(w.ctx, &UntagResourceInput{ResourceArn: arn, TagKeys: []string{"c", "none"}})
	w.fine("untag", err)
	out, err := w.ListTagsForResource(w.ctx, &ListTagsForResourceInput{ResourceArn: arn})
	if err != nil || len(out.Tags) != 2 || *out.Tags[0].Key != "a" || *out.Tags[1].Value != "v-b" {
		t.Errorf("%+v, %v", out, err)
	}
	w.refused("reserved", tag("aws:x"), "InvalidTagParameterException", "")
	w.refused("empty", tag(""), "InvalidTagParameterException", "")
	for i := range 48 {
		w.fine("fill", tag(fmt.Sprint(i)))
	}
	w.refused("one too many", tag("more"), "TooManyTagsException", "")
	for arn, code := range map[string]string{
		"nonsense": ecr.CodeInvalidParameter,
		"arn:aws:ecs:eu-west-1:123456789012:repository/app":  ecr.CodeInvalidParameter,
		"arn:aws:ecr:eu-west-1:123456789012:repository/none": ecr.CodeRepositoryNotFound,
		"arn:aws:ecr:us-east-1:123456789012:repository/app":  ecr.CodeRepositoryNotFound,
	} {
		_, err := w.ListTagsForResource(w.ctx, &ListTagsForResourceInput{ResourceArn: &arn})
		w.refused(arn, err, code, "")
	}
}

func TestGetAuthorizationToken(t *testing.T) {
	w := newWorld(t)
	out, err := w.GetAuthorizationToken(w.ctx, &GetAuthorizationTokenInput{RegistryIds: []string{caller.Account}})
	if err != nil {
		t.Fatal(err)
	}
	data := out.AuthorizationData[0]
	if *data.ProxyEndpoint != "http://127.0.0.1:4566" || data.ExpiresAt.Sub(fixed{}.Now()).Hours() != 12 {
		t.Errorf("%+v", data)
	}
	token, err := ecr.ReadToken(w.Store.Snapshot(), password(t, data), fixed{}.Now())
	if err != nil || token.Scope() != caller.Scope() || token.Principal != ecr.PrincipalOf(caller) {
		t.Errorf("%+v, %v", token, err)
	}
}

// password takes the password out of a token for docker login.
func password(t *testing.T, data AuthorizationData) string {
	t.Helper()
	plain, err := base64.StdEncoding.DecodeString(*data.AuthorizationToken)
	user, password, _ := strings.Cut(string(plain), ":")
	if err != nil || user != "AWS" {
		t.Fatalf("%s %v", plain, err)
	}
	return password
}
