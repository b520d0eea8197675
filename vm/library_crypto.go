package vm

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the standard has it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/google/uuid"
)

var cryptoNatives = natives{
	"fill": (*realm).fillRandomly,
	"uuid": func(r *realm, _ goja.FunctionCall) goja.Value { return r.rt.ToValue(uuid.NewString()) },
}

var subtleNatives = natives{
	"digest": (*realm).digest,
	"sign":   (*realm).sign,
	"verify": (*realm).verify,
	"random": (*realm).randomBytes,
}

var jwkNatives = natives{
	"encode": (*realm).encodeBase64URL,
	"decode": (*realm).decodeBase64URL,
}

// cryptoStep is how many bytes are worked on between two looks at whether the run may go on.
const cryptoStep = 256 << 10

// fillRandomly fills a part of an ArrayBuffer with random bytes.
func (r *realm) fillRandomly(call goja.FunctionCall) goja.Value {
	r.readRandom(r.spanOf(call.Argument(0), call.Argument(1), call.Argument(2)))
	return goja.Undefined()
}

// randomBytes returns so many random bytes, 64 KiB at most.
func (r *realm) randomBytes(call goja.FunctionCall) goja.Value {
	const most = 64 << 10
	content := make([]byte, integerOf(call.Argument(0), most))
	r.readRandom(content)
	return r.uint8Array(content)
}

func (r *realm) readRandom(content []byte) {
	for part := range slices.Chunk(content, cryptoStep) {
		r.guard.checkpoint()
		_, _ = rand.Read(part) // which never fails
	}
}

// hashes are the functions of digests, by their names in the standard.
var hashes = map[string]func() hash.Hash{"SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New}

func (r *realm) hashOf(v goja.Value) func() hash.Hash {
	if h := hashes[r.textOf(v).String()]; h != nil {
		return h
	}
	panic(r.rt.NewTypeError("there is no hash of that name"))
}

// sum returns what a hash makes of bytes. It may take a while, and can be stopped.
func (r *realm) sum(h hash.Hash, content []byte) []byte {
	for part := range slices.Chunk(content, cryptoStep) {
		r.guard.checkpoint()
		h.Write(part)
	}
	return h.Sum(nil)
}

// digest returns the digest, by the hash in the first argument, of the part of a buffer that the others tell, as an ArrayBuffer.
func (r *realm) digest(call goja.FunctionCall) goja.Value {
	content := r.spanOf(call.Argument(1), call.Argument(2), call.Argument(3))
	return r.rt.ToValue(r.rt.NewArrayBuffer(r.sum(r.hashOf(call.Argument(0))(), content)))
}

// mac returns the HMAC, by the hash in the first argument and the key in the second, of the part of a buffer that three more tell.
func (r *realm) mac(call goja.FunctionCall) []byte {
	newHash, key := r.hashOf(call.Argument(0)), r.contentOf(call.Argument(1))
	content := r.spanOf(call.Argument(2), call.Argument(3), call.Argument(4))
	if len(key) > newHash().BlockSize() {
		key = r.sum(newHash(), key) // as HMAC would, at one go
	}
	return r.sum(hmac.New(newHash, key), content)
}

func (r *realm) sign(call goja.FunctionCall) goja.Value {
	return r.rt.ToValue(r.rt.NewArrayBuffer(r.mac(call)))
}

// verify reports whether the bytes in the last argument are the HMAC, in constant time.
func (r *realm) verify(call goja.FunctionCall) goja.Value {
	return r.rt.ToValue(hmac.Equal(r.mac(call), r.contentOf(call.Argument(5))))
}

func (r *realm) encodeBase64URL(call goja.FunctionCall) goja.Value {
	content := r.contentOf(call.Argument(0))
	r.guard.take(int64(len(content)) * 2)
	return r.rt.ToValue(base64.RawURLEncoding.EncodeToString(content))
}

// decodeBase64URL returns the bytes of a text, or null where it is not base64.
func (r *realm) decodeBase64URL(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	r.guard.take(int64(text.Length()) * 4)
	content, err := base64.RawURLEncoding.DecodeString(text.String())
	if err != nil || strings.ContainsAny(text.String(), "\r\n") {
		return goja.Null()
	}
	return r.uint8Array(content)
}
