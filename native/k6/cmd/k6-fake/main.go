// Command k6-fake is k6 with the lanes that ship and the fake one of the tests, which alone build it.
package main

import (
	"slices"

	"go.k6.io/k6/v2/cmd"

	"hunt/native/k6/extension"
	"hunt/native/k6/fakelane"
	"hunt/native/k6/lanes"
	"hunt/native/k6/swarm"
)

func main() {
	extension.Register(slices.Concat(lanes.All, []swarm.Lane{fakelane.Lane}))
	cmd.Execute()
}
