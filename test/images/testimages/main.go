// Testimages writes the images that tests run as OCI archives:
//
//	go run ./test/images/testimages            all, into .cache/images, and Docker's engine
//	go run ./test/images/testimages nginx      one
//
// It prints the path of each.
package main

import (
	"context"
	"fmt"
	"os"

	"kaimon.dev/kaimon/test/images"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testimages:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	cache, err := images.Cache()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = images.Names
		path, err := images.Docker(ctx, cache)
		if err != nil {
			return err
		}
		fmt.Println(path)
	}
	for _, n := range names {
		path, err := images.Archive(ctx, cache, n)
		if err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}
