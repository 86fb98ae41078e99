// Command disk tells how long the disk under a folder takes for a small sync: a probe that has no part
// in what else is written there.
//
//	disk --listen 127.0.0.1:4000 --file FOLDER/sync.bin
//
// Every 50 ms it writes 4 KiB and waits for fdatasync(2), as etcd does for its log. GET /disk answers with
// one JSON document: how many syncs ended since the last answer, the longest of them, and each one of
// 50 ms or more with its moment. docs/collected-series.md has the rest.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"hunt/native/tools/serve"
)

func main() {
	listen := flag.String("listen", "", "HOST:PORT to answer on")
	path := flag.String("file", "", "the file to write, which must not exist")
	flag.Parse()
	if err := run(*listen, *path); err != nil {
		fmt.Fprintln(os.Stderr, "disk:", err)
		os.Exit(2)
	}
}

func run(listen, path string) error {
	if path == "" {
		return errors.New("--file: expected a path")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	p := &probe{sync: syncer(file, fileBytes), waited: waitedForProcessor}
	return serve.UntilStopped(listen, serve.JSON("/disk", p.take), p.watchUntil)
}
