// Package lanes lists the lanes that the generator has built in. A new one is a folder beside `sessions`, and one
// line here.
package lanes

import (
	"hunt/native/k6/sessions"
	"hunt/native/k6/swarm"
)

// All are those that ship.
var All = []swarm.Lane{
	sessions.Lane,
}
