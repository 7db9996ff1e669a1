package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"time"
)

// token lets an identity into a room: a JWT (RFC 7519) with LiveKit's grants.
func token(room, identity, name string) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iss":   os.Getenv("LIVEKIT_API_KEY"),
		"sub":   identity,
		"name":  name,
		"nbf":   time.Now().Add(-time.Minute).Unix(),
		"exp":   time.Now().Add(time.Hour).Unix(),
		"video": map[string]any{"roomJoin": true, "room": room},
	})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding
	signed := text.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + text.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(os.Getenv("LIVEKIT_API_SECRET")))
	mac.Write([]byte(signed))
	return signed + "." + text.EncodeToString(mac.Sum(nil)), nil
}
