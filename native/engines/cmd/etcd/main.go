// Command etcd is the etcd server of the release pinned in go.mod, unchanged: hunt builds it from
// source, so that a checkout needs Go and nothing else.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
