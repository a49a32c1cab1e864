package images

import (
	"context"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"kaimon.dev/kaimon/runtime/containerd/ociarchive"
)

// nginxConf logs to the standard streams, as the official image does.
const nginxConf = `user www-data;
worker_processes 1;
daemon off;
error_log /dev/stderr;
pid /run/nginx.pid;
events { worker_connections 256; }
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server { listen 80; root /var/www; }
}
`

// nginx serves "welcome to nginx" on port 80.
func nginx(ctx context.Context, dir string) (ociarchive.Image, error) {
	return server(ctx, dir, "nginx", "usr/sbin/nginx", []string{"nginx", "busybox-static"}, []ociarchive.File{
		{Path: "etc/nginx/nginx.conf", Mode: 0o644, Text: nginxConf},
		{Path: "var/www/index.html", Mode: 0o644, Text: "<h1>Welcome to nginx!</h1>\n"},
		{Path: "var/log/nginx/", Mode: 0o755},
		{Path: "usr/share/nginx/", Mode: 0o755},
	}, ocispec.ImageConfig{
		Env: []string{"PATH=/usr/sbin:/usr/bin:/bin"}, Cmd: []string{"nginx"}, StopSignal: "SIGQUIT",
		ExposedPorts: map[string]struct{}{"80/tcp": {}},
	})
}

// redis is a server on port 6379 that anyone may talk to, with redis-cli.
func redis(ctx context.Context, dir string) (ociarchive.Image, error) {
	return server(ctx, dir, "redis", "usr/bin/redis-check-rdb", []string{"redis-tools", "busybox-static"}, []ociarchive.File{
		{Path: "usr/bin/redis-server", Link: "redis-check-rdb"},
		{Path: "data/", Mode: 0o755},
	}, ocispec.ImageConfig{
		Env: []string{"PATH=/usr/bin:/bin"}, WorkingDir: "/data",
		Cmd:          []string{"redis-server", "--protected-mode", "no", "--save", ""},
		ExposedPorts: map[string]struct{}{"6379/tcp": {}},
	}, "usr/bin/redis-cli")
}

// server makes an image of programs out of Debian packages, with a shell.
func server(ctx context.Context, dir, name, program string, from []string, extra []ociarchive.File, config ocispec.ImageConfig, more ...string) (ociarchive.Image, error) {
	root, err := packages(ctx, dir, from...)
	if err != nil {
		return ociarchive.Image{}, err
	}
	files, err := linked(root, append([]string{program}, more...)...)
	if err != nil {
		return ociarchive.Image{}, err
	}
	shell, err := busybox([]string{root + "/bin/busybox", root + "/usr/bin/busybox"})
	if err != nil {
		return ociarchive.Image{}, err
	}
	base := append(folders(), accounts...)
	files = append(files, extra...)
	base = append(base, parents(base, files)...)
	return image(name, append(append(base, files...), shell...), config), nil
}
