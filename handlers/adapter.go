package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// newAPI puts Huma on Echo. The configuration is written out, because Huma's default shares its
// formats with every other API of the process and adds routes of its own.
func (h *Handler) newAPI() huma.API {
	format := huma.Format{Marshal: encodeJSON, Unmarshal: decodeJSON}
	return huma.NewAPI(huma.Config{
		OpenAPI: h.newDocument(),
		Formats: map[string]huma.Format{
			jsonType: format,
			"json":   format, // where Huma looks for the format of application/problem+json
		},
		DefaultFormat: jsonType,
		Transformers:  []huma.Transformer{takeError},
	}, adapter{humaecho.New(h.echo, huma.Config{}).Adapter(), h})
}

// adapter adds Huma's operations to Echo. It reads and checks the body before Huma does, and passes
// errors, Huma's own and those of operations, to Echo's error handler.
type adapter struct {
	huma.Adapter
	handler *Handler
}

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, run func(huma.Context)) {
	a.handler.add(op, func(method string) {
		same := *op
		same.Method = method
		a.Adapter.Handle(&same, func(ctx huma.Context) {
			c := humaecho.Unwrap(ctx)
			o := &operationContext{humaContext: ctx}
			if o.body, o.err = readJSON(c.Request(), op.RequestBody != nil); o.err == nil {
				run(o)
			}
			if o.err != nil {
				c.Response().Header().Del(echo.HeaderContentType) // Huma's, for the error that it did not write
				c.Error(o.err)
			}
		})
	})
}

// operationContext is a request as Huma sees it: the body has been read, JSON is the only format
// whatever the headers say, and an error is kept for Echo's error handler instead of being written.
type operationContext struct {
	humaContext
	body []byte
	err  error
}

type humaContext = huma.Context // an embedded huma.Context would hide its method Context

// Unwrap lets humaecho.Unwrap find Echo's context.
func (o *operationContext) Unwrap() huma.Context { return o.humaContext }

// Header returns a header of the request.
func (o *operationContext) Header(name string) string {
	switch name {
	case echo.HeaderAccept, echo.HeaderContentType:
		return jsonType
	}
	return o.humaContext.Header(name)
}

// BodyReader returns the body that was read.
func (o *operationContext) BodyReader() io.Reader { return bytes.NewReader(o.body) }

// SetStatus sends the status, unless the operation failed.
func (o *operationContext) SetStatus(status int) {
	if o.err != nil {
		return
	}
	if status == http.StatusNoContent {
		humaecho.Unwrap(o).Response().Header().Del(echo.HeaderContentType)
	}
	o.humaContext.SetStatus(status)
}

// BodyWriter returns where the body of the response is written.
func (o *operationContext) BodyWriter() io.Writer {
	if o.err != nil {
		return io.Discard
	}
	return o.humaContext.BodyWriter()
}

// takeError is a huma.Transformer, which Huma calls with every value before writing it. It keeps
// errors from being written. The context is the one that Handle passes on, because middleware is
// added to Echo and never to Huma, which would wrap it.
func takeError(ctx huma.Context, _ string, value any) (any, error) {
	if err, failed := value.(error); failed {
		ctx.(*operationContext).err = err
	}
	return value, nil
}

// operationError carries the error of an operation through Huma, which would otherwise replace it
// with its own.
type operationError struct{ error }

// Unwrap returns the operation's error.
func (e operationError) Unwrap() error { return e.error }

// GetStatus implements huma.StatusError. The status that is sent is that of the problem; see
// describe.
func (operationError) GetStatus() int { return http.StatusInternalServerError }

func encodeJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// decodeJSON decodes a body that checkJSON has accepted. The error does not repeat what was sent.
func decodeJSON(data []byte, v any) error {
	if json.Unmarshal(data, v) != nil {
		return errSyntax
	}
	return nil
}
