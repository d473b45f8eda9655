//go:build ignore

// This program draws favicon.ico and apple-touch-icon.png: the key of favicon.svg, for browsers and
// systems that show no SVG.
package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"os"
)

// The colours of favicon.svg. All lengths below are in its units: the icon is 32 units wide.
var (
	ground = color.NRGBA{0x0f, 0x5f, 0x57, 0xff}
	key    = color.NRGBA{0xff, 0xfe, 0xfb, 0xff}
)

const (
	width  = 32
	corner = 8 // the radius
	stroke = 2.5
)

func main() {
	write("favicon.ico", ico(16, 32))
	write("apple-touch-icon.png", draw(180, 0)) // opaque: the system rounds the corners
}

func write(name string, content []byte) {
	if err := os.WriteFile(name, content, 0o644); err != nil {
		log.Fatal(err)
	}
}

// ico returns an icon file with a PNG image of each size, in pixels.
func ico(sizes ...int) []byte {
	var file, images bytes.Buffer
	file.Write([]byte{0, 0, 1, 0, byte(len(sizes)), 0})
	for _, size := range sizes {
		picture := draw(size, corner)
		offset := 6 + 16*len(sizes) + images.Len()
		file.Write([]byte{byte(size), byte(size), 0, 0, 1, 0, 32, 0})
		binary.Write(&file, binary.LittleEndian, []uint32{uint32(len(picture)), uint32(offset)})
		images.Write(picture)
	}
	return append(file.Bytes(), images.Bytes()...)
}

// draw returns the icon as a PNG of this size, in pixels, with corners of this radius.
func draw(size int, radius float64) []byte {
	const samples = 16 // per pixel, in each direction
	picture := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			var onGround, onKey float64
			for i := range samples * samples {
				at := func(pixel, sample int) float64 {
					return (float64(pixel) + (float64(sample)+0.5)/samples) * width / float64(size)
				}
				px, py := at(x, i%samples), at(y, i/samples)
				if !inGround(px, py, radius) {
					continue
				}
				onGround++
				if inKey(px, py) {
					onKey++
				}
			}
			if onGround > 0 {
				picture.SetNRGBA(x, y, mix(onKey/onGround, onGround/(samples*samples)))
			}
		}
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&file, picture); err != nil {
		log.Fatal(err)
	}
	return file.Bytes()
}

// mix returns the colour of a pixel of which the key covers this share.
func mix(share, opacity float64) color.NRGBA {
	between := func(from, to uint8) uint8 {
		return uint8(math.Round(float64(from) + share*(float64(to)-float64(from))))
	}
	return color.NRGBA{
		between(ground.R, key.R), between(ground.G, key.G), between(ground.B, key.B), uint8(math.Round(255 * opacity)),
	}
}

func inGround(x, y, radius float64) bool {
	beyond := func(v float64) float64 { return math.Max(0, math.Abs(v-width/2)-(width/2-radius)) }
	return math.Hypot(beyond(x), beyond(y)) <= radius
}

// inKey reports whether a point is on the bow, the shank or the bit of the key.
func inKey(x, y float64) bool {
	return math.Abs(math.Hypot(x-12, y-12)-4.75) <= stroke/2 ||
		distance(x, y, 15.5, 15.5, 24.5, 24.5) <= stroke/2 ||
		distance(x, y, 20.25, 20.25, 23, 17.5) <= stroke/2
}

// distance returns how far a point is from the line between two others.
func distance(x, y, x1, y1, x2, y2 float64) float64 {
	dx, dy := x2-x1, y2-y1
	along := math.Max(0, math.Min(1, ((x-x1)*dx+(y-y1)*dy)/(dx*dx+dy*dy)))
	return math.Hypot(x-x1-along*dx, y-y1-along*dy)
}
