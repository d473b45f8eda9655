package browser

import (
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// red is how the edge and the ring of a wrong field look, in light colours.
const red = "rgb(179, 38, 30)"

// wantFieldError fails the test unless the field has the focus and a message under it, both are in
// view, and the field is red.
func (b *tab) wantFieldError(field, message string) {
	b.Helper()
	want(b, text("#"+field+"-error"), message)
	b.wantInView("#"+field, "#"+field+"-error")
	want(b, "document.activeElement.id", field)
	element := "document.querySelector('#" + field + "')"
	want(b, element+".getAttribute('aria-invalid')", "true")
	want(b, element+".getAttribute('aria-describedby').split(' ')[0]", field+"-error")
	if evaluate[bool](b, "matchMedia('(prefers-color-scheme: light)').matches") {
		b.waitFor("getComputedStyle(" + element + ").borderColor === '" + red + "'") // after the transition
		want(b, "getComputedStyle("+element+").outlineColor", red)
	}
	want(b, text("#errors"), "")
}

// wantInView fails the test unless the elements are on the screen, the second under the first.
func (b *tab) wantInView(first, second string) {
	b.Helper()
	boxes := evaluate[[4]float64](b, `(() => {
		const [a, b] = ['`+first+`', '`+second+`'].map((selector) => document.querySelector(selector).getBoundingClientRect());
		return [a.top, a.bottom, b.top, Math.max(a.bottom, b.bottom)];
	})()`)
	height := evaluate[float64](b, "visualViewport.height")
	if boxes[0] < 0 || boxes[1] > boxes[2]+1 || boxes[3] > height+0.5 {
		b.Errorf("%s and %s are at %v, the screen ends at %v", first, second, boxes, height)
	}
	want(b, "document.documentElement.scrollWidth <= innerWidth", true)
}

// openSignUp opens the sign-up page.
func (b *tab) openSignUp() {
	b.Helper()
	b.open("/register")
	b.waitFor("document.querySelector('#create-account')?.disabled === false")
}

// TestWrongFieldIsInView tries a small phone, a phone with an open keyboard, and a page zoomed to
// 200 %.
func TestWrongFieldIsInView(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("409 /register", "422 /set-password")
	_, admin := p.Login("marisol", marisolPassword)
	link := p.PasswordLink(admin, "marisol")[len(p.URL):]
	for _, screen := range []emulation.SetDeviceMetricsOverrideParams{
		{Width: 320, Height: 568, DeviceScaleFactor: 1, Mobile: true},
		{Width: 320, Height: 300, DeviceScaleFactor: 2, Mobile: true},
		{Width: 568, Height: 160, DeviceScaleFactor: 2, Mobile: true}, // on its side
		{Width: 640, Height: 400, DeviceScaleFactor: 2},
	} {
		call(b, emulation.SetDeviceMetricsOverride, screen)
		b.openSignUp()
		b.execute("scrollTo(0, 0); document.querySelector('#create-account').click()")
		b.wantFieldError("username", "Enter a username.")
		want(b, text("#password-error"), "Enter a password.")
		b.enter("#username", "marisol")
		b.enter("#password", "correct horse")
		b.press(kb.Enter)
		b.waitFor(text("#username-error") + " !== ''")
		b.wantFieldError("username", "This username is taken. Choose another one.")
		b.enter("#email", "x")
		b.execute("document.querySelector('#username').value = 'rosa'; scrollTo(0, 0); document.querySelector('#create-account').click()")
		b.wantFieldError("email", "Enter a valid e-mail address, such as name@example.org.")
		b.openLink(link)
		b.setPassword("password123")
		b.waitFor(text("#new-password-error") + " !== ''")
		b.wantFieldError("new-password", "This password is too common. Try a few unrelated words.")
	}
}

func TestWrongFieldStaysInViewWhenThePhoneOpensItsKeyboard(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.setScreen("light", "no-preference", 320, 640)
	b.openSignUp()
	b.enter("#username", "rosa")
	b.enter("#password", rosaPassword)
	b.enter("#email", "x")
	b.press(kb.Enter)
	b.wantFieldError("email", "Enter a valid e-mail address, such as name@example.org.")
	b.setScreen("light", "no-preference", 320, 300)
	b.waitFor("visualViewport.height === 300 && document.querySelector('#email-error').getBoundingClientRect().bottom <= 300")
	b.wantFieldError("email", "Enter a valid e-mail address, such as name@example.org.")
	b.execute("scrollTo(0, 0); document.querySelector('#username').focus({ preventScroll: true }); document.querySelector('#email').focus()")
	b.wantFieldError("email", "Enter a valid e-mail address, such as name@example.org.")
}

func TestMessageAboutNoFieldIsInView(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /login")
	for _, height := range []int64{300, 568} {
		b.setScreen("light", "reduce", 320, height)
		b.fillLogin("marisol", "wrong")
		b.execute("scrollTo(0, 1000)")
		b.press(kb.Enter)
		b.waitFor(text("#errors") + " !== ''")
		b.waitFor("document.activeElement.id === 'password'")
		b.wantInView("#errors .notice", "#username")
	}
}

func TestAllWrongFieldsAreShownAtOnce(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.open("/login")
	b.waitFor("!document.querySelector('#log-in').disabled")
	b.press(kb.Enter)
	b.wantFieldError("username", "Enter your username.")
	want(b, text("#password-error"), "Enter your password.")
	want(b, "document.querySelector('[role=status]').textContent", "Enter your username.") // the focus was there already
	b.wantAccessible("login, nothing entered")
	b.enter("#username", "marisol")
	want(b, text("#username-error"), "")
	want(b, "document.querySelector('#username').hasAttribute('aria-invalid')", false)
	want(b, "document.querySelector('#username').hasAttribute('aria-describedby')", false)
	want(b, text("#password-error"), "Enter your password.")

	b.openSignUp()
	b.enter("#email", "x")
	b.press(kb.Enter)
	b.wantFieldError("username", "Enter a username.")
	want(b, text("#password-error"), "Enter a password.")
	want(b, text("#email-error"), "Enter a valid e-mail address, such as name@example.org.")
	want(b, "document.querySelector('#password').getAttribute('aria-describedby')", "password-error password-rules")
	b.wantAccessible("sign-up, everything wrong")
}

// TestPasswordIsCheckedAsItIsTyped has a password that is too short so far, which is no mistake
// before the user has left the field, and mistakes that are shown at once.
func TestPasswordIsCheckedAsItIsTyped(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	const status = "document.querySelector('[role=status]').textContent"
	const long = "The password is too long. Use at most 256 characters."
	const short = "The password is too short. Use at least 8 characters."
	const name = "The password contains the username. Choose a different password."
	b.openSignUp()
	b.enter("#username", "rosa")
	b.enter("#password", "seven")
	want(b, text("#password-error"), "")
	b.press(kb.Tab)
	b.press(kb.Tab)
	want(b, "document.activeElement.id", "email")
	want(b, text("#password-error"), short)
	want(b, status, short)
	b.enter("#password", " rosa")
	want(b, text("#password-error"), name)
	want(b, status, name)
	b.wantFieldError("password", name)
	b.execute("document.querySelector('#password').value = ''")
	b.enter("#password", "seven quiet")
	want(b, text("#password-error"), "")
	want(b, status, "")
	for range 25 {
		b.enter("#password", " lanterns.")
	}
	want(b, text("#password-error"), long)
	b.execute("document.querySelector('#password').value = ''")
	b.press("x")
	b.press(kb.Backspace)
	want(b, text("#password-error"), "") // that nothing is there yet is no mistake
	if n := b.countRequests("POST /register"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestMessageDoesNotMoveAButtonFromUnderAClick leaves a password that is too short by a click on
// what the message is about to move.
func TestMessageDoesNotMoveAButtonFromUnderAClick(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.openSignUp()
	b.enter("#username", "rosa")
	b.enter("#password", "short")
	before := evaluate[float64](b, "document.querySelector('#email').getBoundingClientRect().top")
	b.execute(`window.tops = []; for (const type of ['mousedown', 'mouseup', 'click']) addEventListener(type, () => {
		window.tops.push(document.querySelector('#email').getBoundingClientRect().top);
	}, true)`)
	b.click("#email")
	b.waitFor(text("#password-error") + " !== ''")
	want(b, "window.tops.every((top) => top === "+strconv.FormatFloat(before, 'f', -1, 64)+") && window.tops.length", 3)
	want(b, "document.activeElement.id", "email")
}

// TestMessageWaitsForAPressThatIsNoClick leaves a password that is too short by pressing a link and
// dragging it away.
func TestMessageWaitsForAPressThatIsNoClick(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.openSignUp()
	b.enter("#username", "rosa")
	b.enter("#password", "short")
	b.execute("window.clicks = 0; addEventListener('click', () => { window.clicks += 1 }, true)")
	call(b, input.SetInterceptDrags, input.SetInterceptDragsParams{Enabled: true})
	at := evaluate[[2]float64](b, `(() => {
		const box = document.querySelector('main .lead a').getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`)
	mouse := func(kind input.DispatchMouseEventType, x, y float64) {
		call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1,
		})
	}
	mouse(input.DispatchMouseEventTypeMousePressed, at[0], at[1])
	want(b, text("#password-error"), "")
	mouse(input.DispatchMouseEventTypeMouseMoved, at[0]+20, at[1]+20)
	mouse(input.DispatchMouseEventTypeMouseMoved, at[0]+40, at[1]+40)
	b.waitFor(text("#password-error") + " !== ''")
	want(b, "window.clicks", 0)
}
