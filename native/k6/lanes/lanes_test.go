package lanes

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// dependencies of packages below this module, without tests.
func dependencies(t *testing.T, packages ...string) []string {
	out, err := exec.Command("go", append([]string{"list", "-deps"}, packages...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestTheCoreKnowsNoLane(t *testing.T) {
	core := dependencies(t, "hunt/native/k6/swarm", "hunt/native/k6/swarm/outlet", "hunt/native/k6/extension", "hunt/native/k6/recorder")
	if !slices.Contains(core, "hunt/native/k6/swarm/group") {
		t.Fatalf("the core depends on %v", core)
	}
	for _, lane := range append(ids(), "fakelane", "lanes") {
		for _, each := range core {
			if strings.HasPrefix(each+"/", "hunt/native/k6/"+lane+"/") {
				t.Errorf("the core depends on %s", each)
			}
		}
	}
}

func TestTheK6ThatShipsHasNoLaneOfTheTests(t *testing.T) {
	shipped := dependencies(t, "hunt/native/k6/cmd/k6")
	if !slices.Contains(shipped, "hunt/native/k6/sessions") || slices.Contains(shipped, "hunt/native/k6/fakelane") {
		t.Errorf("k6 is built with %v", shipped)
	}
}

func TestLanesHaveIdsAndLayoutsOfTheirOwn(t *testing.T) {
	var layouts []string
	for _, lane := range All {
		layouts = append(layouts, lane.Layout.Name)
	}
	for _, names := range [][]string{ids(), layouts} {
		unique := slices.Compact(slices.Sorted(slices.Values(names)))
		if len(unique) != len(All) || len(All) == 0 || slices.Contains(unique, "") {
			t.Errorf("%v are not all different", names)
		}
	}
}

func ids() []string {
	var all []string
	for _, lane := range All {
		all = append(all, lane.ID)
	}
	return all
}
