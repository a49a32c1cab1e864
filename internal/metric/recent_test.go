package metric

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func id(name string) ID {
	return ID{
		Account: "000000000000", Region: "eu-west-1", Namespace: "AWS/NATGateway", Name: name,
		Dimensions: Sorted(Dimension{"NatGatewayId", "nat-1"}),
	}
}

func TestMinutesAreSummedUp(t *testing.T) {
	r := NewRecent(time.Hour)
	r.Record(Value(id("Bytes"), Bytes, noon.Add(time.Second), 3), Value(id("Bytes"), Bytes, noon.Add(59*time.Second), 5))
	r.Record(Value(id("Bytes"), Bytes, noon.Add(time.Minute), 7))
	got, _ := r.Since(0)
	if len(got) != 2 {
		t.Fatalf("got %+v, want two minutes", got)
	}
	if d := got[0]; d.Sum != 8 || d.Min != 3 || d.Max != 5 || d.Samples != 2 || !d.At.Equal(noon) || d.Unit != Bytes {
		t.Errorf("first minute %+v", d)
	}
	if d := got[1]; d.Sum != 7 || d.Samples != 1 || !d.At.Equal(noon.Add(time.Minute)) {
		t.Errorf("second minute %+v", d)
	}
}

func TestSinceTellsWhatChanged(t *testing.T) {
	r := NewRecent(time.Hour)
	r.Record(Value(id("a"), Count, noon, 1), Value(id("b"), Count, noon, 1))
	_, mark := r.Since(0)
	if again, _ := r.Since(mark); len(again) != 0 {
		t.Errorf("nothing changed, got %+v", again)
	}
	r.Record(Value(id("b"), Count, noon, 1))
	got, _ := r.Since(mark)
	if len(got) != 1 || got[0].ID.Name != "b" || got[0].Sum != 2 {
		t.Errorf("got %+v, want the whole minute of b", got)
	}
}

func TestOldMinutesGo(t *testing.T) {
	r := NewRecent(10 * time.Minute)
	r.Record(Value(id("a"), Count, noon, 1))
	r.Record(Value(id("a"), Count, noon.Add(11*time.Minute), 1))
	r.Record(Value(id("a"), Count, noon, 1))
	got, _ := r.Since(0)
	if len(got) != 1 || !got[0].At.Equal(noon.Add(11*time.Minute)) {
		t.Errorf("got %+v, want the newest minute alone", got)
	}
}

func TestDimensionsTellMetricsApart(t *testing.T) {
	r := NewRecent(time.Hour)
	other := id("a")
	other.Dimensions = Sorted(Dimension{"NatGatewayId", "nat-2"})
	r.Record(Value(id("a"), Count, noon, 1), Value(other, Count, noon, 1))
	if got, _ := r.Since(0); len(got) != 2 {
		t.Errorf("got %+v, want two metrics", got)
	}
	ds := Sorted(Dimension{"TargetGroup", "t"}, Dimension{"LoadBalancer", "l"})
	if ds[0].Name != "LoadBalancer" {
		t.Errorf("dimensions %+v are not in order", ds)
	}
}

// TestDistributionsAgreeWithSums holds that however values are split into
// data, the minute's distribution is that of all of them, in order.
func TestDistributionsAgreeWithSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRecent(time.Hour)
		var all []float64
		for _, v := range rapid.SliceOfN(rapid.IntRange(0, 9), 1, 30).Draw(t, "values") {
			d := Value(id("t"), Seconds, noon, float64(v))
			d.Distribution = []Bin{{Value: float64(v), Count: 1}}
			r.Record(d)
			all = append(all, float64(v))
		}
		got, _ := r.Since(0)
		var back []float64
		for _, b := range got[0].Distribution {
			for range int(b.Count) {
				back = append(back, b.Value)
			}
		}
		slices.Sort(all)
		if !slices.Equal(back, all) || got[0].Samples != float64(len(all)) {
			t.Fatalf("distribution %v, want %v", back, all)
		}
	})
}

// TestSummaryEndsDistribution holds that a minute of which a part has no
// distribution has none: it would tell of some values only.
func TestSummaryEndsDistribution(t *testing.T) {
	r := NewRecent(time.Hour)
	d := Value(id("t"), Seconds, noon, 1)
	d.Distribution = []Bin{{Value: 1, Count: 1}}
	r.Record(d, Value(id("t"), Seconds, noon, 2), d)
	if got, _ := r.Since(0); got[0].Distribution != nil || got[0].Sum != 4 {
		t.Errorf("got %+v", got[0])
	}
}
