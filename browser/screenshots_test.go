package browser

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"

	"latchkey/auth/authtest"
)

var screenshots = flag.String("screenshots", "", "the folder that TestScreenshots writes to, from browser/")

// TestScreenshots takes the pictures of the README. This command replaces them:
//
//	go test ./browser -run TestScreenshots -screenshots ../docs
func TestScreenshots(t *testing.T) {
	t.Parallel()
	folder := *screenshots
	if folder == "" {
		folder = t.TempDir()
	}
	authtest.Must(t, os.MkdirAll(folder, 0o755))
	b, _ := newLatchkey(t)
	defer b.close()
	b.open("/login")
	b.waitFor("!document.querySelector('#log-in').disabled")
	b.takeScreenshots(folder, "login")
	b.logIn("marisol", marisolPassword)
	b.takeScreenshots(folder, "home")
}

// takeScreenshots writes a picture in light and one in dark colours.
func (b *tab) takeScreenshots(folder, name string) {
	b.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.setScreen(scheme, "reduce", 1280, 800)
		picture := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{}).Data
		path := filepath.Join(folder, name+"-"+scheme+".png")
		authtest.Must(b.T, os.WriteFile(path, picture, 0o644))
		decoded, err := png.DecodeConfig(bytes.NewReader(picture))
		authtest.Must(b.T, err)
		if decoded.Width != 1280 || decoded.Height != 800 {
			b.Errorf("%s is %d by %d pixels", path, decoded.Width, decoded.Height)
		}
	}
}
