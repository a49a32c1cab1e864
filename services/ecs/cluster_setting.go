package ecs

// ContainerInsights is the one setting that clusters have.
const ContainerInsights = "containerInsights"

// CheckClusterSettings refuses settings that a cluster can't have (API
// Reference, "ClusterSetting").
func CheckClusterSettings(settings []ClusterSetting) error {
	for i, s := range settings {
		if s.Name != ContainerInsights {
			return InvalidParameter("settings: name '%s' is not valid.", s.Name)
		}
		if i > 0 {
			return InvalidParameter("settings: the name '%s' is used more than once.", s.Name)
		}
		switch s.Value {
		case "enabled", "disabled", "enhanced":
		default:
			return InvalidParameter("settings: value '%s' of %s is not valid; use enhanced, enabled or disabled.", s.Value, s.Name)
		}
	}
	return nil
}

// Check refuses a configuration of ECS Exec that contradicts itself (API
// Reference, "ExecuteCommandConfiguration"); nil is fine.
func (e *ExecuteCommandConfiguration) Check() error {
	if e == nil {
		return nil
	}
	if e.Log != nil && e.Logging != "OVERRIDE" {
		return InvalidParameter("configuration: logConfiguration needs logging to be OVERRIDE.")
	}
	if e.Logging == "OVERRIDE" && (e.Log == nil || e.Log.CloudWatchLogGroupName == "" && e.Log.S3BucketName == "") {
		return InvalidParameter("configuration: logging OVERRIDE needs a logConfiguration with a log group or a bucket.")
	}
	return nil
}

// Equal says whether two configurations, which may be nil, ask for the same.
func (e *ExecuteCommandConfiguration) Equal(o *ExecuteCommandConfiguration) bool {
	if e == nil || o == nil {
		return e == o
	}
	sameLog := e.Log == o.Log || e.Log != nil && o.Log != nil && *e.Log == *o.Log
	return e.KmsKeyID == o.KmsKeyID && e.Logging == o.Logging && sameLog
}
