package ecsapi

import (
	"kaimon.dev/kaimon/aws/wire"
	"kaimon.dev/kaimon/services/ecs"
)

func clusterSettingFromWire(s ClusterSetting) ecs.ClusterSetting {
	return ecs.ClusterSetting{Name: wire.Val(s.Name), Value: wire.Val(s.Value)}
}

func clusterSettingToWire(s ecs.ClusterSetting) ClusterSetting {
	return ClusterSetting{Name: &s.Name, Value: &s.Value}
}

func strategyItemFromWire(i CapacityProviderStrategyItem) ecs.CapacityProviderStrategyItem {
	return ecs.CapacityProviderStrategyItem{
		CapacityProvider: wire.Val(i.CapacityProvider), Weight: int(wire.Val(i.Weight)), Base: int(wire.Val(i.Base)),
	}
}

func strategyItemToWire(i ecs.CapacityProviderStrategyItem) CapacityProviderStrategyItem {
	return CapacityProviderStrategyItem{
		CapacityProvider: &i.CapacityProvider, Weight: wire.Ptr(int32(i.Weight)), Base: wire.Ptr(int32(i.Base)),
	}
}

// configurationFromWire takes the configuration of ECS Exec; that of managed
// storage would promise an encryption that isn't done.
func configurationFromWire(c *ClusterConfiguration) (*ecs.ExecuteCommandConfiguration, error) {
	if c == nil {
		return nil, nil
	}
	if m := c.ManagedStorageConfiguration; m != nil && (m.KmsKeyId != nil || m.FargateEphemeralStorageKmsKeyId != nil) {
		return nil, ecs.InvalidParameter("configuration: managedStorageConfiguration is not supported here.")
	}
	e := c.ExecuteCommandConfiguration
	if e == nil {
		return nil, nil
	}
	out := &ecs.ExecuteCommandConfiguration{KmsKeyID: wire.Val(e.KmsKeyId), Logging: wire.Val(e.Logging)}
	if out.Logging == "" {
		out.Logging = "DEFAULT"
	}
	if l := e.LogConfiguration; l != nil {
		out.Log = &ecs.ExecuteCommandLog{
			CloudWatchLogGroupName:      wire.Val(l.CloudWatchLogGroupName),
			CloudWatchEncryptionEnabled: wire.Val(l.CloudWatchEncryptionEnabled),
			S3BucketName:                wire.Val(l.S3BucketName),
			S3EncryptionEnabled:         wire.Val(l.S3EncryptionEnabled),
			S3KeyPrefix:                 wire.Val(l.S3KeyPrefix),
		}
	}
	return out, out.Check()
}

func configurationToWire(e *ecs.ExecuteCommandConfiguration) *ClusterConfiguration {
	if e == nil {
		return nil
	}
	out := &ExecuteCommandConfiguration{KmsKeyId: wire.Optional(e.KmsKeyID), Logging: wire.Optional(e.Logging)}
	if l := e.Log; l != nil {
		out.LogConfiguration = &ExecuteCommandLogConfiguration{
			CloudWatchLogGroupName:      wire.Optional(l.CloudWatchLogGroupName),
			CloudWatchEncryptionEnabled: &l.CloudWatchEncryptionEnabled,
			S3BucketName:                wire.Optional(l.S3BucketName),
			S3EncryptionEnabled:         &l.S3EncryptionEnabled,
			S3KeyPrefix:                 wire.Optional(l.S3KeyPrefix),
		}
	}
	return &ClusterConfiguration{ExecuteCommandConfiguration: out}
}

// refuseServiceConnect refuses a default namespace: Service Connect isn't there yet.
func refuseServiceConnect(d *ClusterServiceConnectDefaultsRequest) error {
	if d != nil && wire.Val(d.Namespace) != "" {
		return ecs.InvalidParameter("serviceConnectDefaults is not supported here.")
	}
	return nil
}
