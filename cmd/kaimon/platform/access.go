package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
)

// Access is what a client on this machine needs to reach a server: its
// endpoint and the administrator's key. It is kept in the data directory,
// readable by its owner alone.
type Access struct {
	Endpoint        string
	AccessKeyID     string
	SecretAccessKey string
	// PublicCIDR is the server's public pool, which Down has to know.
	PublicCIDR netip.Prefix
}

// ReadAccess returns the access of the server whose data directory is given.
func ReadAccess(dataDir string) (Access, error) {
	path := Config{DataDir: dataDir}.credentialsFile()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Access{}, fmt.Errorf("no server has run with --data-dir %s yet: start one with \"kaimon server\"", dataDir)
	}
	if errors.Is(err, fs.ErrPermission) {
		return Access{}, fmt.Errorf("%w: the administrator's key is for the server's user alone (with sudo: sudo -E kaimon …)", err)
	}
	if err != nil {
		return Access{}, err
	}
	var a Access
	if err := json.Unmarshal(text, &a); err != nil {
		return Access{}, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// write keeps the access; the file appears whole or not at all.
func (a Access) write(path string) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(append(text, '\n')); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Environment returns NAME=value settings that point AWS tools at the server.
func (a Access) Environment(region string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + a.Endpoint,
		"AWS_ACCESS_KEY_ID=" + a.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + a.SecretAccessKey,
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
	}
}
