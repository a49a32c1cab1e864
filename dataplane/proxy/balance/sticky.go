package balance

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/internal/clock"
)

// The cookies of an Application Load Balancer (Elastic Load Balancing user
// guide, "Sticky sessions"). The CORS twins carry SameSite=None.
const (
	CookieTarget     = "AWSALB"
	CookieTargetCORS = "AWSALBCORS"
	CookieApp        = "AWSALBAPP-0"
	CookieGroup      = "AWSALBTG"
	CookieGroupCORS  = "AWSALBTGCORS"
)

// Key is the value of a cookie that names a target. It says nothing of the
// target's address, and holds across restarts.
func Key(ref proxy.TargetRef) string { return key("target", ref.Group, ref.Addr.String()) }

// GroupKey is the value of a cookie that names a target group.
func GroupKey(group string) string { return key("group", group) }

func key(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// Sticky returns the target that a cookie's value names, nil when it doesn't
// take requests any more.
func (g *Group) Sticky(value string) *Target {
	t := g.keys[value]
	if t == nil {
		return nil
	}
	for _, e := range *g.eligible.Load() {
		if e == t {
			return t
		}
	}
	return nil
}

// Cookie returns the value of a cookie in the value of a Cookie field.
func Cookie(field, name string) string {
	for field != "" {
		var pair string
		pair, field, _ = strings.Cut(field, ";")
		if k, v, ok := strings.Cut(strings.TrimLeft(pair, " "), "="); ok && k == name {
			return v
		}
	}
	return ""
}

// Weighted picks an index in proportion to the weights; -1 when all are zero.
func Weighted(groups []proxy.WeightedGroup) int {
	total := 0
	for i := range groups {
		total += groups[i].Weight
	}
	if total <= 0 {
		return -1
	}
	n := clock.Below(total)
	for i := range groups {
		if n -= groups[i].Weight; n < 0 {
			return i
		}
	}
	return -1
}
