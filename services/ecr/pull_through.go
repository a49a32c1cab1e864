package ecr

import (
	"iter"
	"net"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

// rootPrefix stands for no prefix: every name.
const rootPrefix = "ROOT"

// PullThroughRule says where the images of repositories whose names begin with a
// prefix are pulled from when they aren't here. Sole writer: ecrapi.
type PullThroughRule struct {
	Scope aws.Scope
	// Prefix is ROOT, or without the slash that separates it from the rest.
	Prefix string
	// UpstreamURL is as it was given; Upstream is ECR's name for it, or "".
	UpstreamURL, Upstream string
	// UpstreamPrefix takes the place of Prefix in the upstream's names.
	UpstreamPrefix       string
	CreatedAt, UpdatedAt time.Time
}

func ruleID(s aws.Scope, prefix string) string { return scopeKey(s) + "/" + prefix }

// PullThroughRules holds every rule by account, region and prefix.
var PullThroughRules = store.NewTable("ecr.pull-through-rules", func(r *PullThroughRule) string { return ruleID(r.Scope, r.Prefix) },
	store.Index[PullThroughRule]{Name: byScope, Keys: func(r *PullThroughRule) []string { return []string{scopeKey(r.Scope)} }})

// PullThroughRulesIn lists the rules of an account and region by prefix.
func PullThroughRulesIn(r store.Reader, s aws.Scope) iter.Seq[*PullThroughRule] {
	return PullThroughRules.By(r, byScope, scopeKey(s))
}

// FindPullThroughRule finds a rule by its prefix, with or without a slash at its end.
func FindPullThroughRule(r store.Reader, s aws.Scope, prefix string) (*PullThroughRule, error) {
	if rule, ok := PullThroughRules.Get(r, ruleID(s, strings.TrimSuffix(prefix, "/"))); ok {
		return rule, nil
	}
	return nil, aws.Errorf("PullThroughCacheRuleNotFoundException", "The pull through cache rule with prefix '%s' does not exist in the registry with id '%s'", prefix, s.Account)
}

// PullThrough finds the rule of a repository, that of the longest prefix, and
// the repository's name in the upstream registry.
func PullThrough(r store.Reader, s aws.Scope, repository string) (rule *PullThroughRule, upstream string, ok bool) {
	rest := ""
	for prefix := repository; ; {
		i := strings.LastIndexByte(prefix, '/')
		if i < 0 {
			rest, prefix = repository, rootPrefix
		} else {
			prefix = prefix[:i]
			rest = repository[i+1:]
		}
		if rule, ok = PullThroughRules.Get(r, ruleID(s, prefix)); ok {
			break
		}
		if i < 0 {
			return nil, "", false
		}
	}
	if rule.UpstreamPrefix != rootPrefix {
		rest = rule.UpstreamPrefix + "/" + rest
	}
	return rule, rest, true
}

// PutPullThroughRule adds a rule; one with its prefix must not be there.
func PutPullThroughRule(tx *store.Txn, rule PullThroughRule) error {
	if _, err := FindPullThroughRule(tx, rule.Scope, rule.Prefix); err == nil {
		return aws.Errorf("PullThroughCacheRuleAlreadyExistsException", "The pull through cache rule with prefix '%s' already exists in the registry with id '%s'", rule.Prefix, rule.Scope.Account)
	}
	PullThroughRules.Put(tx, rule)
	return nil
}

// DeletePullThroughRule removes a rule; what was pulled by it stays.
func DeletePullThroughRule(tx *store.Txn, rule *PullThroughRule) {
	PullThroughRules.Delete(tx, ruleID(rule.Scope, rule.Prefix))
}

// upstreams are ECR's names for the registries that it can pull from (Amazon ECR
// User Guide, "Sync an upstream registry").
var upstreams = map[string]string{
	"public.ecr.aws": "ecr-public", "registry-1.docker.io": "docker-hub", "quay.io": "quay", "registry.k8s.io": "k8s",
	"ghcr.io": "github-container-registry", "registry.gitlab.com": "gitlab-container-registry", "cgr.dev": "chainguard",
}

// CheckUpstream finds ECR's name for an upstream registry; a registry of the
// machine or of its networks has none. It refuses every other.
func CheckUpstream(url string) (name string, err error) {
	host, _ := UpstreamHost(url)
	if name, ok := upstreams[host]; ok && host == url {
		return name, nil
	}
	if strings.HasSuffix(url, ".azurecr.io") && host == url {
		return "azure-container-registry", nil
	}
	if isNear(host) {
		return "", nil
	}
	return "", aws.Errorf("UnsupportedUpstreamRegistryException", "The upstream registry '%s' is not supported", url)
}

// UpstreamHost is the host of an upstream registry, with its port, and whether
// it is spoken to without TLS.
func UpstreamHost(url string) (host string, plain bool) {
	host, secure := strings.CutPrefix(url, "https://")
	host = strings.TrimSuffix(strings.TrimPrefix(host, "http://"), "/")
	return host, !secure && isNear(host)
}

// isNear says whether a host, maybe with a port, is this machine or an address
// of a private network.
func isNear(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate())
}
