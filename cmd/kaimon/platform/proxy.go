package platform

import (
	"context"
	"os"
	"path/filepath"

	"kaimon.dev/kaimon/dataplane/proxy/control"
)

// openProxy finds the proxy of a server before this one, or starts one.
func (m *Main) openProxy(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	m.proxy, err = control.Open(ctx, control.Options{
		Socket:  m.Config.proxySocket(),
		Command: []string{self, "proxy", "--socket", m.Config.proxySocket()},
		LogFile: filepath.Join(m.Config.DataDir, "proxy.log"), Log: m.Log,
	})
	return err
}

func (c Config) proxySocket() string   { return filepath.Join(c.runDir(), "proxy.sock") }
func (c Config) logSpoolDir() string   { return filepath.Join(c.DataDir, "access-logs-spool") }
func (c Config) accessLogsDir() string { return filepath.Join(c.DataDir, "access-logs") }
