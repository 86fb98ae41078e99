// Package k6 adds the swarm, with the lanes that ship, to k6. Licensed AGPL-3.0, as k6 is.
package k6

//go:generate sh -c "cd ../.. && npx buf generate --template native/k6/buf.gen.yaml"

import (
	"hunt/native/k6/extension"
	"hunt/native/k6/lanes"
)

func init() { extension.Register(lanes.All) }
