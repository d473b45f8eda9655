package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// homeName is a host name of this machine that the browser does not consider trustworthy.
const homeName = "latchkey.test"

// chromium is the one browser that all tests share.
var chromium struct {
	sync.Once
	ctx   context.Context
	close func()
	err   error
}

var errNoChromium = errors.New("this test needs Chromium: apt-get install chromium, or set CHROME_PATH")

// openChromium starts Chromium unless it is running already.
func openChromium(t *testing.T) context.Context {
	t.Helper()
	chromium.Do(func() { chromium.err = startChromium() })
	if errors.Is(chromium.err, errNoChromium) {
		cmdtest.Missing(t, chromium.err.Error())
	}
	authtest.Must(t, chromium.err)
	return chromium.ctx
}

func startChromium() error {
	path := findChromium()
	if path == "" {
		return errNoChromium
	}
	folder, err := os.MkdirTemp("", "latchkey-chromium")
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], // no sandbox for root; a new profile, removed at the end
		chromedp.ExecPath(path),
		chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP "+homeName+" 127.0.0.1"),
		chromedp.Env("HOME="+folder, "TMPDIR="+folder), // so that nothing is left behind elsewhere
	)
	ctx, endProcess := chromedp.NewExecAllocator(context.Background(), options...)
	chromium.ctx, _ = chromedp.NewContext(ctx) //nolint:fatcontext // runs once
	chromium.close = func() {
		bounded, cancel := context.WithTimeout(chromium.ctx, time.Minute)
		chromedp.Cancel(bounded)
		cancel()
		endProcess()
		os.RemoveAll(folder)
	}
	return chromedp.Do(chromium.ctx)
}

// closeChromium ends Chromium, if it is running, and removes its profile.
func closeChromium() {
	if chromium.close != nil {
		chromium.close()
	}
}

func findChromium() string {
	if path := os.Getenv("CHROME_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
