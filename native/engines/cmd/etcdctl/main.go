// Command etcdctl is the client of the same etcd release, for people who look into a running backend.
package main

import "go.etcd.io/etcd/etcdctl/v3/ctlv3"

func main() {
	ctlv3.MustStart()
}
