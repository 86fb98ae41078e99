// Package k6 adds the swarm to k6: the JavaScript module k6/x/hunt and the output `hunt`. One
// process plays one plan, so both meet in one place. Licensed AGPL-3.0, as k6 is.
package k6

//go:generate sh -c "cd ../.. && npx buf generate --template native/k6/buf.gen.yaml"

import (
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/output"
)

func init() {
	extension := &extension{}
	modules.Register("k6/x/hunt", extension)
	output.RegisterExtension("hunt", extension.newOutput)
}
