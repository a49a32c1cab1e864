package ecsapi

import (
	"fmt"
	"strings"
	"testing"

	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func tag(key, value string) Tag { return Tag{Key: &key, Value: &value} }

func (w *world) tags(arn string) string {
	w.Helper()
	out, err := w.ListTagsForResource(w.ctx, &ListTagsForResourceInput{ResourceArn: &arn})
	var all []string
	for _, t := range must(w, out, err).Tags {
		all = append(all, *t.Key+"="+*t.Value)
	}
	return strings.Join(all, " ")
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	definition := w.register("web")
	for _, arn := range []string{w.cluster("web"), definition, w.task("web", definition, "", ecs.TaskRunning)} {
		put := func(tags ...Tag) {
			t.Helper()
			_, err := w.TagResource(w.ctx, &TagResourceInput{ResourceArn: &arn, Tags: tags})
			must(w, 0, err)
		}
		if got := w.tags(arn); got != "" {
			t.Errorf("%s begins with %s", arn, got)
		}
		put(tag("a", "1"), tag("b", "2"))
		put(tag("a", "3"), tag("c", ""))
		if got := w.tags(arn); got != "a=3 b=2 c=" {
			t.Errorf("%s: %s", arn, got)
		}
		_, err := w.UntagResource(w.ctx, &UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "c", "nope"}})
		must(w, 0, err)
		if got := w.tags(arn); got != "b=2" {
			t.Errorf("%s untagged: %s", arn, got)
		}
	}
	if tags := describe(w, "web", "TAGS").Tags; len(tags) != 1 {
		t.Errorf("described with %v", tags)
	}
}

func TestTagsRefuse(t *testing.T) {
	w := newWorld(t)
	web := w.cluster("web")
	w.cluster("gone")
	_, err := w.DeleteCluster(w.ctx, &DeleteClusterInput{Cluster: wire.Ptr("gone")})
	must(w, 0, err)
	const arn = "arn:aws:ecs:eu-west-1:000000000000:"
	for ref, code := range map[string]string{
		"":    "InvalidParameterException",
		"web": "InvalidParameterException",
		"arn:aws:ec2:eu-west-1:000000000000:vpc/vpc-1": "InvalidParameterException",
		arn + "meal/lunch":                    "InvalidParameterException",
		arn + "cluster/nope":                  "ClusterNotFoundException",
		arn + "cluster/gone":                  "ClusterNotFoundException",
		arn + "task-definition/web:1":         "ResourceNotFoundException",
		arn + "task/web/0":                    "ResourceNotFoundException",
		arn + "service/web/s":                 "ResourceNotFoundException",
		strings.Replace(web, "eu", "us", 1):   "ResourceNotFoundException",
		strings.Replace(web, "000", "111", 1): "ResourceNotFoundException",
	} {
		_, err := w.ListTagsForResource(w.ctx, &ListTagsForResourceInput{ResourceArn: &ref})
		w.refused(err, code)
		_, err = w.TagResource(w.ctx, &TagResourceInput{ResourceArn: &ref, Tags: []Tag{tag("a", "b")}})
		w.refused(err, code)
		_, err = w.UntagResource(w.ctx, &UntagResourceInput{ResourceArn: &ref, TagKeys: []string{"a"}})
		w.refused(err, code)
	}
	var many []Tag
	for i := range 50 {
		many = append(many, tag(fmt.Sprint("k", i), ""))
	}
	_, err = w.TagResource(w.ctx, &TagResourceInput{ResourceArn: &web, Tags: many})
	must(w, 0, err)
	for _, bad := range []Tag{tag("one more", ""), tag("aws:a", ""), tag("", "v"), tag("*", "")} {
		_, err = w.TagResource(w.ctx, &TagResourceInput{ResourceArn: &web, Tags: []Tag{bad}})
		w.refused(err, "InvalidParameterException")
	}
	_, err = w.UntagResource(w.ctx, &UntagResourceInput{ResourceArn: &web, TagKeys: []string{"aws:a"}})
	w.refused(err, "InvalidParameterException", "aws:")
}

func TestTagsGoWithTheirCluster(t *testing.T) {
	w := newWorld(t)
	web := w.cluster("web")
	_, err := w.TagResource(w.ctx, &TagResourceInput{ResourceArn: &web, Tags: []Tag{tag("a", "b")}})
	must(w, 0, err)
	_, err = w.DeleteCluster(w.ctx, &DeleteClusterInput{Cluster: &web})
	must(w, 0, err)
	if got := w.tags(w.cluster("web")); got != "" {
		t.Errorf("a new cluster inherits %s", got)
	}
}
