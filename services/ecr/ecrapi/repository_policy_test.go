package ecrapi

import (
	"testing"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecr"
)

func TestRepositoryPolicy(t *testing.T) {
	w := newWorld(t)
	const pull = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":["ecr:DescribeImages","ecr:BatchGetImage","ecr:PutImage"]}]}`
	_, err := w.GetRepositoryPolicy(w.ctx, &GetRepositoryPolicyInput{RepositoryName: app})
	w.refused("none yet", err, "RepositoryPolicyNotFoundException", "Repository policy does not exist for the repository with name 'app' in the registry with id '123456789012'")
	_, err = w.DeleteRepositoryPolicy(w.ctx, &DeleteRepositoryPolicyInput{RepositoryName: app})
	w.refused("none to delete", err, "RepositoryPolicyNotFoundException", "")
	_, err = w.SetRepositoryPolicy(w.ctx, &SetRepositoryPolicyInput{RepositoryName: app, PolicyText: wire.Ptr("")})
	w.refused("no policy", err, ecr.CodeInvalidParameter, "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'")

	// A stranger is let in by the policy, and only to what it names.
	w.put("config", "v1")
	stranger := aws.WithCaller(t.Context(), aws.Caller{Account: "999999999999", Region: caller.Region, ARN: "arn:aws:iam::999999999999:root"})
	images := func() error {
		_, err := w.DescribeImages(stranger, &DescribeImagesInput{RepositoryName: app, RegistryId: &caller.Account})
		return err
	}
	const denied = "User: arn:aws:iam::999999999999:root is not authorized to perform: ecr:DescribeImages on resource: arn:aws:ecr:eu-west-1:123456789012:repository/app because no resource-based policy allows the ecr:DescribeImages action"
	w.refused("a stranger", images(), ecr.CodeAccessDenied, denied)
	set, err := w.SetRepositoryPolicy(w.ctx, &SetRepositoryPolicyInput{RepositoryName: app, PolicyText: wire.Ptr(pull)})
	if err != nil || *set.PolicyText != pull || *set.RepositoryName != *app {
		t.Errorf("%+v %v", set, err)
	}
	w.fine("allowed", images())
	w.layer("theirs")
	_, err = w.PutImage(stranger, &PutImageInput{RepositoryName: app, RegistryId: &caller.Account, ImageManifest: manifest("theirs"), ImageTag: wire.Ptr("v2")})
	w.fine("a push", err)
	_, err = w.BatchDeleteImage(stranger, &BatchDeleteImageInput{RepositoryName: app, RegistryId: &caller.Account, ImageIds: []ImageIdentifier{{ImageTag: wire.Ptr("v1")}}})
	w.refused("what isn't named", err, ecr.CodeAccessDenied, "")
	_, err = w.SetRepositoryPolicy(stranger, &SetRepositoryPolicyInput{RepositoryName: app, RegistryId: &caller.Account, PolicyText: wire.Ptr(pull)})
	w.refused("the policy itself", err, ecr.CodeAccessDenied, "")
	_, err = w.DescribeRepositories(stranger, &DescribeRepositoriesInput{RegistryId: &caller.Account})
	w.refused("all repositories", err, ecr.CodeAccessDenied, "")
	arn := ecr.RepositoryARN(caller.Scope(), *app)
	_, err = w.ListTagsForResource(stranger, &ListTagsForResourceInput{ResourceArn: &arn})
	w.refused("tags", err, ecr.CodeAccessDenied, "")

	got, err := w.GetRepositoryPolicy(w.ctx, &GetRepositoryPolicyInput{RepositoryName: app})
	if err != nil || *got.PolicyText != pull {
		t.Errorf("%+v %v", got, err)
	}
	gone, err := w.DeleteRepositoryPolicy(w.ctx, &DeleteRepositoryPolicyInput{RepositoryName: app})
	if err != nil || *gone.PolicyText != pull {
		t.Errorf("%+v %v", gone, err)
	}
	w.refused("shut out again", images(), ecr.CodeAccessDenied, denied)
}

// TestLockOut holds that shutting oneself out must be forced, and is then so.
func TestLockOut(t *testing.T) {
	w := newWorld(t)
	deny := wire.Ptr(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"ecr:*"}}`)
	_, err := w.SetRepositoryPolicy(w.ctx, &SetRepositoryPolicyInput{RepositoryName: app, PolicyText: deny})
	w.refused("not forced", err, ecr.CodeInvalidParameter, "")
	_, err = w.SetRepositoryPolicy(w.ctx, &SetRepositoryPolicyInput{RepositoryName: app, PolicyText: deny, Force: wire.Ptr(true)})
	w.fine("forced", err)
	_, err = w.DeleteRepositoryPolicy(w.ctx, &DeleteRepositoryPolicyInput{RepositoryName: app})
	w.refused("afterwards", err, ecr.CodeAccessDenied, "")
}

// TestTokenOfAnother holds that a token for another account's registry says who asked.
func TestTokenOfAnother(t *testing.T) {
	w := newWorld(t)
	out, err := w.GetAuthorizationToken(w.ctx, &GetAuthorizationTokenInput{RegistryIds: []string{"999999999999", caller.Account}})
	if err != nil || len(out.AuthorizationData) != 2 {
		t.Fatal(out, err)
	}
	for i, account := range []string{"999999999999", caller.Account} {
		token, err := ecr.ReadToken(w.Store.Snapshot(), password(t, out.AuthorizationData[i]), w.Clock.Now())
		if err != nil || token.Account != account || token.Principal != ecr.PrincipalOf(caller) {
			t.Errorf("%+v %v", token, err)
		}
	}
}
