package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// verifier verifies Latchkey's access tokens. Copy this file into your app.
type verifier struct {
	parser  *jwt.Parser
	secrets jwt.VerificationKeySet // for HS256
	public  *keySet                // for ES256; nil otherwise
}

// newVerifier reads the settings from the environment:
//
//	ISSUER      the PUBLIC_URL of Latchkey
//	JWT_ALG     HS256 (the default) or ES256, as Latchkey's
//	JWT_SECRET  for HS256: Latchkey's secret. Several, separated by commas, while you change it
func newVerifier() (*verifier, error) {
	issuer, algorithm, v := os.Getenv("ISSUER"), os.Getenv("JWT_ALG"), &verifier{}
	for secret := range strings.SplitSeq(os.Getenv("JWT_SECRET"), ",") {
		if secret != "" {
			v.secrets.Keys = append(v.secrets.Keys, []byte(secret))
		}
	}
	switch {
	case issuer != "" && algorithm == "ES256":
		v.public = &keySet{url: issuer + "/.well-known/jwks.json"}
	case issuer != "" && (algorithm == "" || algorithm == "HS256") && len(v.secrets.Keys) > 0:
		algorithm = "HS256"
	default:
		return nil, errors.New("set ISSUER, and JWT_SECRET or JWT_ALG=ES256")
	}
	v.parser = jwt.NewParser(jwt.WithValidMethods([]string{algorithm}), jwt.WithIssuer(issuer),
		jwt.WithAudience("latchkey"), jwt.WithExpirationRequired(), jwt.WithLeeway(5*time.Second))
	return v, nil
}

// verify returns the claims of a valid access token.
func (v *verifier) verify(ctx context.Context, text string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := v.parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != "at+jwt" {
			return nil, errors.New("not an access token")
		}
		if v.public == nil {
			return v.secrets, nil
		}
		id, _ := t.Header["kid"].(string)
		return v.public.get(ctx, id)
	})
	if sub, _ := claims.GetSubject(); err == nil && sub == "" {
		err = jwt.ErrTokenRequiredClaimMissing
	}
	return claims, err
}

// userKey is the key of the claims in the context of a request.
type userKey struct{}

// userOf returns the claims of the token that requireUser has verified, such as sub (the user's
// id), name and roles.
func userOf(r *http.Request) jwt.MapClaims {
	claims, _ := r.Context().Value(userKey{}).(jwt.MapClaims)
	return claims
}

// requireUser answers 401 unless a request has a valid access token.
func (v *verifier) requireUser(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		claims, err := v.verify(r.Context(), text)
		if errors.Is(err, errNoKeySet) {
			http.Error(w, "Cannot verify tokens just now", http.StatusServiceUnavailable)
			return
		}
		if err != nil || !strings.EqualFold(scheme, "Bearer") {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), userKey{}, claims)))
	}
}

// keySet holds the public keys by key id. They are fetched again after 5 minutes, and when a token
// names a key that is not among them, but never twice within 10 seconds: anyone can send such
// tokens.
type keySet struct {
	url      string
	fetching sync.Mutex // held while the keys are fetched
	tried    time.Time

	mu      sync.Mutex // guards what follows, and is never held for long
	keys    map[string]*ecdsa.PublicKey
	fetched time.Time
}

var errNoKeySet = errors.New("the key set cannot be fetched")

func (s *keySet) get(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	keys := s.fresh()
	if keys[id] == nil {
		var err error
		if keys, err = s.fetchFor(ctx, id); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoKeySet, err)
		}
	}
	if len(keys) == 0 {
		return nil, errNoKeySet
	}
	if keys[id] == nil {
		return nil, errors.New("unknown key")
	}
	return keys[id], nil
}

// fresh returns the keys, or none if they are too old.
func (s *keySet) fresh() map[string]*ecdsa.PublicKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.fetched) > 5*time.Minute {
		return nil
	}
	return s.keys
}

// fetchFor fetches the keys, unless another request has just done so.
func (s *keySet) fetchFor(ctx context.Context, id string) (map[string]*ecdsa.PublicKey, error) {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	if keys := s.fresh(); keys[id] != nil || time.Since(s.tried) < 10*time.Second {
		return keys, nil
	}
	s.tried = time.Now()
	keys, err := fetchKeys(ctx, s.url)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.fetched = keys, s.tried
	return keys, nil
}

// fetchKeys fetches a JWK set (RFC 7517) and returns its keys for ES256, of which there is at least
// one.
func fetchKeys(ctx context.Context, url string) (map[string]*ecdsa.PublicKey, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // other requests wait for it too
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	var set struct {
		Keys []struct{ Kid, Alg, X, Y string }
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, jwk := range set.Keys {
		x, _ := base64.RawURLEncoding.DecodeString(jwk.X)
		y, _ := base64.RawURLEncoding.DecodeString(jwk.Y)
		point := append(append([]byte{4}, x...), y...) // uncompressed (SEC 1, 2.3.3)
		if key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err == nil && jwk.Alg == "ES256" {
			keys[jwk.Kid] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("it has no key for ES256")
	}
	return keys, nil
}
