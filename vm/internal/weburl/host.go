package weburl

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// maxDomain bounds domains that have to be converted, in bytes: converting takes time that is quadratic in the length. DNS knows
// none of more than 253.
const maxDomain = 2 << 10

// parseHost returns a host as it stands in URLs: https://url.spec.whatwg.org/#host-parsing.
func parseHost(text string, special bool) (string, bool) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok {
			return "", false
		}
		return parseIPv6(inner)
	}
	if !special {
		return encode(text, controlSet), strings.IndexFunc(text, isForbidden) < 0
	}
	if text == "" {
		return "", true
	}
	domain, ok := toASCII(decode(text))
	if !ok || domain == "" || strings.IndexFunc(domain, isForbiddenInDomain) >= 0 {
		return "", false
	}
	if endsInNumber(domain) {
		return parseIPv4(domain)
	}
	return domain, true
}

// isForbidden is about https://url.spec.whatwg.org/#forbidden-host-code-point.
func isForbidden(c rune) bool { return strings.ContainsRune("\x00\t\n\r #/:<>?@[\\]^|", c) }

func isForbiddenInDomain(c rune) bool { return isForbidden(c) || c < ' ' || c == '%' || c == 0x7F }

var idnaProfile = idna.New(
	idna.MapForLookup(), idna.ValidateLabels(true), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false),
	idna.CheckJoiners(true), idna.VerifyDNSLength(false), idna.BidiRule(),
)

// toASCII converts a domain: https://url.spec.whatwg.org/#concept-domain-to-ascii.
func toASCII(domain string) (string, bool) {
	if isPlain(domain) {
		return lower(domain), true
	}
	if len(domain) > maxDomain {
		return "", false
	}
	converted, err := idnaProfile.ToASCII(strings.ToValidUTF8(domain, "\uFFFD"))
	return converted, err == nil
}

// isPlain reports whether a domain is ASCII of which no label is encoded.
func isPlain(domain string) bool {
	for i := range len(domain) {
		c := domain[i]
		if c >= 0x80 || c|0x20 == 'x' && (i == 0 || domain[i-1] == '.') && strings.HasPrefix(lower(domain[i:min(i+4, len(domain))]), "xn--") {
			return false
		}
	}
	return true
}

// endsInNumber reports whether a domain can be nothing but an IPv4 address: https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseIPv4Number(last)
	return ok
}

// parseIPv4 is https://url.spec.whatwg.org/#concept-ipv4-parser.
func parseIPv4(domain string) (string, bool) {
	parts := strings.SplitN(strings.TrimSuffix(domain, "."), ".", 5)
	if len(parts) > 4 {
		return "", false
	}
	address := int64(0)
	for i, part := range parts {
		number, ok := parseIPv4Number(part)
		if !ok {
			return "", false
		}
		if i < len(parts)-1 {
			if number > 255 {
				return "", false
			}
			address |= number << (8 * (3 - i))
			continue
		}
		if number >= 1<<(8*(5-len(parts))) {
			return "", false
		}
		address |= number
	}
	return fmt.Sprintf("%d.%d.%d.%d", address>>24, address>>16&0xFF, address>>8&0xFF, address&0xFF), true
}

// parseIPv4Number reads a part of an address: decimal, octal or hexadecimal. What is too large is a large number.
func parseIPv4Number(part string) (int64, bool) {
	base := int64(10)
	switch {
	case part == "":
		return 0, false
	case strings.HasPrefix(part, "0x"), strings.HasPrefix(part, "0X"):
		base, part = 16, part[2:]
	case len(part) > 1 && part[0] == '0':
		base, part = 8, part[1:]
	}
	number := int64(0)
	for i := range len(part) {
		digit := int64(digitOf(part[i]))
		if digit >= base {
			return 0, false
		}
		number = min(number*base+digit, math.MaxUint32+1)
	}
	return number, true
}

// parseIPv6 returns an address in brackets, in its shortest form: https://url.spec.whatwg.org/#concept-ipv6-parser.
func parseIPv6(text string) (string, bool) {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is6() || address.Zone() != "" {
		return "", false
	}
	if address.Is4In6() {
		b := address.As16()
		return fmt.Sprintf("[::ffff:%x:%x]", int(b[12])<<8|int(b[13]), int(b[14])<<8|int(b[15])), true
	}
	return "[" + address.String() + "]", true
}
