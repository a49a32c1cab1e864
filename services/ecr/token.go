package ecr

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"kaimon.dev/kaimon/aws"
	"kaimon.dev/kaimon/store"
)

const (
	// TokenUser is the user name that goes with every token.
	TokenUser = "AWS"
	// TokenLife is how long a token is good (Amazon ECR API Reference,
	// GetAuthorizationToken).
	TokenLife = 12 * time.Hour
	// downloadLife is how long a layer's URL is good.
	downloadLife = time.Hour
)

// TokenKey is what tokens are signed with; there is one row. Writer: ecrctl.
type TokenKey struct {
	ID     string
	Secret aws.Secret
}

const tokenKeyID = "registry"

// TokenKeys holds the one key.
var TokenKeys = store.NewTable("ecr.token-keys", func(k *TokenKey) string { return k.ID })

// EnsureTokenKey keeps a secret to sign tokens with, unless there is one.
func EnsureTokenKey(tx *store.Txn, secret aws.Secret) {
	if _, ok := TokenKeys.Get(tx, tokenKeyID); !ok {
		TokenKeys.Put(tx, TokenKey{ID: tokenKeyID, Secret: secret})
	}
}

// Token is what a password for the registry says.
type Token struct {
	// Account and Region are the registry's.
	Account, Region string
	// Principal is who asked for it.
	Principal Principal
	Expires   time.Time
	// Layer is the one layer that a URL opens, such as "team/app@sha256:…", or
	// "" for a password.
	Layer string `json:",omitempty"`
}

// LayerToken is what a URL says that opens one layer of a repository for a while.
func LayerToken(repo *Repository, digest string, who Principal, now time.Time) Token {
	return Token{Account: repo.Scope.Account, Region: repo.Scope.Region, Principal: who, Expires: now.Add(downloadLife), Layer: contentID(repo.Name, digest)}
}

// Scope is what the token opens.
func (t Token) Scope() aws.Scope { return aws.Scope{Account: t.Account, Region: t.Region} }

// The ways that a token is not good.
var (
	ErrTokenInvalid = errors.New("the token is not valid")
	ErrTokenExpired = errors.New("the token has expired")
)

// Sign makes the password that carries a token.
func (t Token) Sign(r store.Reader) (string, error) {
	key, ok := TokenKeys.Get(r, tokenKeyID)
	if !ok {
		return "", errors.New("ecr: there is no key to sign tokens with")
	}
	claims, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(seal(key, text)), nil
}

// ReadToken verifies a password at a time.
func ReadToken(r store.Reader, password string, now time.Time) (Token, error) {
	key, ok := TokenKeys.Get(r, tokenKeyID)
	text, signature, both := strings.Cut(password, ".")
	given, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if !ok || !both || err != nil || !hmac.Equal(given, seal(key, text)) {
		return Token{}, ErrTokenInvalid
	}
	claims, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Token{}, ErrTokenInvalid
	}
	var t Token
	if err := json.Unmarshal(claims, &t); err != nil {
		return Token{}, ErrTokenInvalid
	}
	if !now.Before(t.Expires) {
		return Token{}, ErrTokenExpired
	}
	return t, nil
}

func seal(key *TokenKey, text string) []byte {
	mac := hmac.New(sha256.New, []byte(key.Secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
