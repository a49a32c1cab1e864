package wire

import (
	"time"

	"pgregory.net/rapid"
)

// thingGen draws inputs with any members set, nil lists beside empty ones.
func thingGen() *rapid.Generator[*PutThingInput] {
	return rapid.Custom(func(t *rapid.T) *PutThingInput {
		return &PutThingInput{
			Name:     rapid.Ptr(rapid.String(), true).Draw(t, "name"),
			Flag:     rapid.Ptr(rapid.Bool(), true).Draw(t, "flag"),
			Count:    rapid.Ptr(rapid.Int32(), true).Draw(t, "count"),
			Big:      rapid.Ptr(rapid.Int64(), true).Draw(t, "big"),
			Ratio:    rapid.Ptr(rapid.Float64(), true).Draw(t, "ratio"),
			When:     rapid.Ptr(timeGen(), true).Draw(t, "when"),
			Day:      rapid.Ptr(timeGen(), true).Draw(t, "day"),
			Data:     orNil(rapid.SliceOfN(rapid.Byte(), 0, 9)).Draw(t, "data"),
			Color:    rapid.Ptr(rapid.String(), true).Draw(t, "color"),
			Names:    orNil(rapid.SliceOfN(rapid.String(), 0, 3)).Draw(t, "names"),
			Flat:     orNil(rapid.SliceOfN(rapid.String(), 0, 3)).Draw(t, "flat"),
			Items:    orNil(rapid.SliceOfN(itemGen(2), 0, 3)).Draw(t, "items"),
			Matrix:   orNil(rapid.SliceOfN(rapid.SliceOfN(rapid.Int32(), 0, 3), 0, 2)).Draw(t, "matrix"),
			Labels:   rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "labels"),
			FlatTags: rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "flatTags"),
			Parent:   rapid.Ptr(itemGen(2), true).Draw(t, "parent"),
		}
	})
}

func itemGen(depth int) *rapid.Generator[Item] {
	return rapid.Custom(func(t *rapid.T) Item {
		// A form cannot say that there is a structure without members.
		item := Item{Key: Ptr(rapid.String().Draw(t, "key")), Value: rapid.Ptr(rapid.String(), true).Draw(t, "value")}
		if depth > 0 {
			item.Children = orNil(rapid.SliceOfN(itemGen(depth-1), 0, 2)).Draw(t, "children")
		}
		return item
	})
}

func timeGen() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(0, 4e12), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })
}

func orNil[T any](g *rapid.Generator[[]T]) *rapid.Generator[[]T] {
	return rapid.OneOf(g, rapid.Just([]T(nil)))
}
