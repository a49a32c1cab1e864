package ecsapi

import (
	"context"

	"kaimon.dev/kaimon/services/ecs"
	"kaimon.dev/kaimon/store"
)

// UpdateCluster changes a cluster's settings and configuration; what isn't
// given stays.
func (h *Handlers) UpdateCluster(ctx context.Context, in *UpdateClusterInput) (*UpdateClusterOutput, error) {
	settings := each(in.Settings, clusterSettingFromWire)
	if err := ecs.CheckClusterSettings(settings); err != nil {
		return nil, err
	}
	if err := refuseServiceConnect(in.ServiceConnectDefaults); err != nil {
		return nil, err
	}
	configuration, err := configurationFromWire(in.Configuration)
	if err != nil {
		return nil, err
	}
	c, err := h.changeCluster(ctx, in.Cluster, func(_ *store.Txn, c *ecs.Cluster) error {
		if len(settings) > 0 {
			c.Settings = settings
		}
		if configuration != nil {
			c.ExecuteCommand = configuration
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := h.clusterToWire(c, includeAll)
	return &UpdateClusterOutput{Cluster: &out}, nil
}

// UpdateClusterSettings changes a cluster's settings.
func (h *Handlers) UpdateClusterSettings(ctx context.Context, in *UpdateClusterSettingsInput) (*UpdateClusterSettingsOutput, error) {
	settings := each(in.Settings, clusterSettingFromWire)
	if err := ecs.CheckClusterSettings(settings); err != nil {
		return nil, err
	}
	c, err := h.changeCluster(ctx, in.Cluster, func(_ *store.Txn, c *ecs.Cluster) error {
		if len(settings) > 0 {
			c.Settings = settings
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := h.clusterToWire(c, includeAll)
	return &UpdateClusterSettingsOutput{Cluster: &out}, nil
}
