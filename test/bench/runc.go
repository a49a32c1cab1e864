package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// measureRunc measures the peers: a bare OCI runtime on a ready root file
// system, with a new network namespace that leads nowhere; no image, no address,
// no supervision. `ctr run` and `docker run` are measured where they are
// installed and their daemons run.
func measureRunc(ctx context.Context, b *bench) error {
	for _, name := range []string{"runc", "crun"} {
		if _, err := exec.LookPath(name); err != nil {
			b.row(name+" run, to the first write", "not installed", "")
			continue
		}
		var all []time.Duration
		for range 23 {
			took, err := bareRun(ctx, name, b.dir)
			if err != nil {
				return err
			}
			all = append(all, took)
		}
		b.times("peer: "+name+" run alone, to the first write", all[3:], "", "")
	}
	for _, name := range []string{"ctr", "docker"} {
		if err := exec.CommandContext(ctx, name, "version").Run(); err != nil {
			b.row("peer: "+name+" run", "not running", "")
		}
	}
	return nil
}

// bareRun runs the stamp program by an OCI runtime and returns how long it took
// to its first write.
func bareRun(ctx context.Context, name, dir string) (time.Duration, error) {
	bundle, err := os.MkdirTemp(dir, "bundle-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(bundle)
	root := filepath.Join(bundle, "rootfs")
	if err := os.MkdirAll(filepath.Join(root, "stamp.d"), 0o755); err != nil {
		return 0, err
	}
	program, err := os.ReadFile(filepath.Join(os.Getenv("KAIMON_IMAGES"), "stamp"))
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(root, "stamp"), program, 0o755); err != nil {
		return 0, err
	}
	spec := exec.CommandContext(ctx, "runc", "spec")
	spec.Dir = bundle
	if err := spec.Run(); err != nil {
		return 0, err
	}
	if err := command(filepath.Join(bundle, "config.json")); err != nil {
		return 0, err
	}
	begun := time.Now()
	if out, err := exec.CommandContext(ctx, name, "run", "--bundle", bundle, filepath.Base(bundle)).CombinedOutput(); err != nil {
		os.Stderr.Write(out)
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join(root, "stamp.d", "t"))
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return time.Unix(0, n).Sub(begun), err
}

// command makes an OCI configuration run the stamp program.
func command(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	process := config["process"].(map[string]any)
	process["args"], process["terminal"] = []string{"/stamp", "-exit", "/stamp.d/t"}, false
	config["root"].(map[string]any)["readonly"] = false
	if text, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
