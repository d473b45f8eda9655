package browser

import (
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

var screenshots = flag.String("screenshots", "", "the folder that TestScreenshots writes its pictures to")

// TestScreenshots takes the pictures of README.md:
//
//	go test . -run TestScreenshots -screenshots docs
func TestScreenshots(t *testing.T) {
	folder := *screenshots
	if folder == "" {
		folder = t.TempDir()
	}
	must(t, os.MkdirAll(folder, 0o755))
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	take := func(name string) {
		for _, scheme := range []string{"light", "dark"} {
			b.sees(scheme, "reduce", 1280, 800)
			picture := do(b, page.CaptureScreenshot, page.CaptureScreenshotParams{}).Data
			path := filepath.Join(folder, name+"-"+scheme+".png")
			must(t, os.WriteFile(path, picture, 0o644))
			decoded, err := png.DecodeConfig(strings.NewReader(string(picture)))
			must(t, err)
			if decoded.Width != 1280 || decoded.Height != 800 {
				t.Errorf("%s is %d by %d", path, decoded.Width, decoded.Height)
			}
		}
	}
	b.open("/login")
	b.until("!document.querySelector('#log-in').disabled")
	take("login")
	b.logIn("marisol", marisols)
	take("home")
}
