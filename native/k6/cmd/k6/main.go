// Command k6 is k6 with the swarm built in.
package main

import (
	"go.k6.io/k6/v2/cmd"

	_ "hunt/native/k6"
)

func main() { cmd.Execute() }
