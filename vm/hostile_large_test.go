package vm_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// piece is a text that comes so many times. Each § in it is the number of the repetition, from 0.
type piece struct {
	text  string
	times int
}

// largeScript is a hostile script that is kept as its recipe: the repository would grow by 50 MB otherwise.
type largeScript struct {
	file   string
	sha256 string // of the text, in hex
	pieces []piece
}

// text writes a script out.
func (s largeScript) text() string {
	var b strings.Builder
	for _, p := range s.pieces {
		if !strings.Contains(p.text, "§") {
			b.WriteString(strings.Repeat(p.text, p.times))
			continue
		}
		for i := range p.times {
			b.WriteString(strings.ReplaceAll(p.text, "§", strconv.Itoa(i)))
		}
	}
	return b.String()
}

func TestLargeHostileScriptsAreMadeAsTheyWereFound(t *testing.T) {
	for _, s := range largeScripts {
		sum := sha256.Sum256([]byte(s.text()))
		require.Equal(t, s.sha256, hex.EncodeToString(sum[:]), s.file)
	}
}

var largeScripts = []largeScript{
	{"bigint-literal-3m.js", "bc7e236ad6a60630329b3e8c81b9d71c0fd40faeb1624e99e151a8ed71d8af61", []piece{
		{"// category: parser; attack: BigInt literal with 4M digits in source; expect: timeout\n", 1},
		{"9", 4000000},
		{"n;0\n", 1},
	}},
	{"parse-args-1m.js", "3c2a2706bd24cab52364bf0811cd165c808002e554fc6791349e72041192b3fe", []piece{
		{"// category: parser; attack: call with 1M arguments; expect: error\n(function(){return arguments.length})(", 1},
		{"0,", 1000000},
		{"0)\n", 1},
	}},
	{"parse-array-literal-1m.js", "5160f5c8021723caf863f9190426459df0a38e4d53e522ca24edc60834494f62", []piece{
		{"// category: parser; attack: 1M element array literal; expect: ok\n[", 1},
		{"0,", 1000000},
		{"].length\n", 1},
	}},
	{"parse-arrays-300k.js", "50145898f17507416c70430c7880c3398320da224c901b8852813753843eb1e4", []piece{
		{"// category: parser; attack: 300000 deep nesting of [; expect: error\n", 1},
		{"[", 300000},
		{"]", 300000},
		{"\n", 1},
	}},
	{"parse-arrow-50k.js", "dd827595d475152543a5550ffb0658510c2da497418b40bb46ad5d96863b64a8", []piece{
		{"// category: parser; attack: 50000 deep nesting of a=>; expect: error\n", 1},
		{"a=>", 50000},
		{"1\n", 1},
	}},
	{"parse-await-200k.js", "7040db1d6b944d4865d4ea911a4dd8f3be69fc062bbd277fab0a1ccf99779465", []piece{
		{"// category: parser; attack: 200k await inside nothing; expect: error\n", 1},
		{"await ", 200000},
		{"1\n", 1},
	}},
	{"parse-binary-chain-300k.js", "2652f0a00d87feab11fded64f717c6ad558602d5edcb86db7e71f70ec8a48db0", []piece{
		{"// category: parser; attack: 300k term left associative addition; expect: ok\n", 1},
		{"1+", 300000},
		{"1\n", 1},
	}},
	{"parse-binary-chain-var-300k.js", "12989a011de333fe516897646da3bba1cfd8ec65da4808b67528ab72b96d2ae8", []piece{
		{"// category: parser; attack: 300k term addition of variables; expect: ok\nvar a=1;", 1},
		{"a+", 300000},
		{"a\n", 1},
	}},
	{"parse-class-50k.js", "a7c3dcc7422449110b28d57ebe54359089880fe0e15c914952a804c7b471c219", []piece{
		{"// category: parser; attack: 50000 deep nesting of (class{x=; expect: error\n", 1},
		{"(class{x=", 50000},
		{"1", 1},
		{"})", 50000},
		{"\n", 1},
	}},
	{"parse-comma-1m.js", "e3212332a2581dc95ee1a5c8964c01dd741400e5d592a11b0cca079819347ac6", []piece{
		{"// category: parser; attack: 1M comma expressions; expect: ok\n", 1},
		{"0,", 1000000},
		{"0\n", 1},
	}},
	{"parse-comment-10m.js", "b7b3336ed27044b3c242cb3838190ffd10b75b6563144514199d17ddad3c43a5", []piece{
		{"// category: parser; attack: 2 MB comment; expect: ok\n/*", 1},
		{"x", 2000000},
		{"*/1\n", 1},
	}},
	{"parse-dot-chain-500k.js", "683dc0d12937a50e94141fa063e7839b6167b7ba004f67858c63400837201e06", []piece{
		{"// category: parser; attack: 500k dot chain; expect: error\nvar a={};a.a=a;", 1},
		{"a.", 500000},
		{"a;0\n", 1},
	}},
	{"parse-escapes-1m.js", "033065261d00e005e0f66b4be053a09f89320d513a273aa4c9f20582eeab2530", []piece{
		{"// category: parser; attack: 200k unicode escapes in a string; expect: ok\n'", 1},
		{"\\u{1F600}", 200000},
		{"'.length\n", 1},
	}},
	{"parse-exponent-100k.js", "360478a169b0967bee9c1915a5bc4ff7504c2c20d604b09cd02b83ec7b79a9fa", []piece{
		{"// category: parser; attack: 100000 deep nesting of 1**; expect: error\n", 1},
		{"1**", 100000},
		{"1\n", 1},
	}},
	{"parse-hex-5m.js", "e73fe0d765858f5b9522b9be260a1acb62876be9e9746446acdb21c0ae10894a", []piece{
		{"// category: parser; attack: 1 MB hex literal; expect: ok\n0x", 1},
		{"f", 1000000},
		{"\n", 1},
	}},
	{"parse-index-chain-300k.js", "c326f4068b5df11867195dd9127195159227e94d14a76769c0a229e715d376be", []piece{
		{"// category: parser; attack: 300k chained index; expect: error\nvar a=[];a[0]=a;a", 1},
		{"[0]", 300000},
		{";0\n", 1},
	}},
	{"parse-label-dup.js", "14420834164235edbaf00bcd893f78fde5160779e8085e5e4ed35ef89fc1d6bf", []piece{
		{"// category: parser; attack: duplicate nested labels; expect: syntax\n", 1},
		{"a:", 30000},
		{"0\n", 1},
	}},
	{"parse-member-chain-100k.js", "cd8cc90ae359b07c46176a1e93cbdc33fa247af015ab04feb482cc7b37a015c8", []piece{
		{"// category: parser; attack: 100k optional member accesses; expect: error\nvar a={};a", 1},
		{"?.b", 100000},
		{"\n", 1},
	}},
	{"parse-newlines-1m.js", "69d4c2841048047ebd984e883f98ef86fdd1c826065df948fde94f343ba67d9c", []piece{
		{"// category: parser; attack: 1M lines then a throw (line offsets); expect: ok", 1},
		{"\n;", 1000000},
		{"throw new Error('x').stack\n", 1},
	}},
	{"parse-number-5m.js", "4241b3af162f60286635546cd8c88cbb9b4168eba12a52b6664078cc3ee4ee10", []piece{
		{"// category: parser; attack: 1 MB number literal; expect: ok\n", 1},
		{"9", 1000000},
		{"\n", 1},
	}},
	{"parse-object-pattern-50k.js", "426d5f10603df17458b86227f434e8183cf16cfcfbdb7ae9e026de70842b2740", []piece{
		{"// category: parser; attack: 50k deep object pattern; expect: error\nvar ", 1},
		{"{a:", 50000},
		{"b", 1},
		{"}", 50000},
		{"={}\n", 1},
	}},
	{"parse-objects-300k.js", "c61b28eb4181fd92f7fb3b50267c40ed607e06d8d3b2e22a55d6808e80456911", []piece{
		{"// category: parser; attack: 300000 deep nesting of ({a:; expect: error\n", 1},
		{"({a:", 300000},
		{"1", 1},
		{"})", 300000},
		{"\n", 1},
	}},
	{"parse-params-200k.js", "2c63d26831e217e65a3fd458e710ec957c52f9b032ac4ed3a5c27e41a4808574", []piece{
		{"// category: parser; attack: function with 200k parameters; expect: error\n(function(", 1},
		{"a§,", 199999},
		{"a199999){return a0})()\n", 1},
	}},
	{"parse-parens-10k.js", "b648e22c5d2b418267b70b2777d943cc15fdffab17ad4be10e577ca7857dbc0c", []piece{
		{"// category: parser; attack: 10000 deep nesting of (; expect: ok\n", 1},
		{"(", 10000},
		{"1", 1},
		{")", 10000},
		{"\n", 1},
	}},
	{"parse-parens-64k-limit.js", "4b09babf1c0822596f45771d98f258811d846073872d24bc6b8ce0c35665897e", []piece{
		{"// category: parser; attack: 64 KB of open parens: about 140 MB of Go stack; expect: error\n", 1},
		{"(", 65000},
		{"\n", 1},
	}},
	{"parse-pattern-300k.js", "f024f2ac6f566906f5cf7024105b8c7bf013d4cb489b49101e1c9a074411bc7e", []piece{
		{"// category: parser; attack: 300k malformed pattern nesting; expect: error\n", 1},
		{"[", 300000},
		{"a", 1},
		{"]=[]", 300000},
		{"\n", 1},
	}},
	{"parse-quadratic-arrow-20k.js", "cef419802576591d5f210bb845dff2801e0fb92d3785f6641e93f1a7e5f06b73", []piece{
		{"// category: parser; attack: 60 KB of nested arrow functions; expect: timeout\n", 1},
		{"a=>", 20000},
		{"1\n", 1},
	}},
	{"parse-quadratic-blocks-30k.js", "12da7eb0e05415fd65701b73f3b936f06c25b0ce6dc837ec3c4bcd9bb5e6c2ab", []piece{
		{"// category: parser; attack: 60 KB of nested blocks; expect: timeout\n", 1},
		{"{", 30000},
		{"}", 30000},
		{"\n", 1},
	}},
	{"parse-quadratic-chain-100k.js", "09170cda37fb8fd3466a18c6fa9bbf0b268b11b37dfafd88e9b28f44fe259b97", []piece{
		{"// category: parser; attack: 200 KB of a+a+a; expect: timeout\nvar a=1;", 1},
		{"a+", 100000},
		{"a\n", 1},
	}},
	{"parse-quadratic-chain-40k.js", "c50ec76f21a34874fe77f00393207df1c10471844f961f7a4b7258070611ab80", []piece{
		{"// category: parser; attack: 80 KB of a+a+a: constant folding test makes compilation quadratic; expect: ok\nvar a=1;", 1},
		{"a+", 40000},
		{"a\n", 1},
	}},
	{"parse-quadratic-labels-20k.js", "c062fe66b60f89ae6388b312604068354e3150c79b6d90f0f8ad01557d90a1c3", []piece{
		{"// category: parser; attack: 20k nested labels; expect: timeout\n", 1},
		{"l§:", 20000},
		{"0\n", 1},
	}},
	{"parse-quadratic-with-20k.js", "f810bc91be06ef81ff7c0676b9f2cba257553bd6f2e59345db2bafe53fdcc233", []piece{
		{"// category: parser; attack: 20k nested with statements; expect: timeout\n", 1},
		{"with(Math)", 20000},
		{"0\n", 1},
	}},
	{"parse-regex-literal-closed.js", "6c7cf99dfef8ac91ca3baa086cb226f0c3415ef8bae15c3b99284352097421b5", []piece{
		{"// category: parser; attack: regex literal with 200k nested groups; expect: error\n/", 1},
		{"(?:", 200000},
		{"a", 1},
		{")", 200000},
		{"/\n", 1},
	}},
	{"parse-regex-literal-nest.js", "5fb2d2d1c68395041b3977e62cd6392bdf02095625eee04c29f2eda6ab1ea673", []piece{
		{"// category: parser; attack: regex literal with 1M open groups; expect: error\n/", 1},
		{"(", 1000000},
		{"/\n", 1},
	}},
	{"parse-strings-5m.js", "77b20c649d31d0bb39deda7dd88b11fed3914b44feba9f07add2a8fe9a1b0884", []piece{
		{"// category: parser; attack: 1 MB string literal; expect: ok\n'", 1},
		{"x", 1000000},
		{"'.length\n", 1},
	}},
	{"parse-switch-100k.js", "dd8c048a5a0c3dcb47eef53de04d1e3438ca430c3afe3ab6e7d671106f3ed2fb", []piece{
		{"// category: parser; attack: switch with 100k cases; expect: ok\nswitch(99999){", 1},
		{"case §:", 100000},
		{"1}\n", 1},
	}},
	{"parse-template-100k.js", "29d01054dcbdbe8c0359ea883823523d1335496fe55368e463dab6dc4dac84d6", []piece{
		{"// category: parser; attack: 100000 deep nesting of `${; expect: error\n", 1},
		{"`${", 100000},
		{"1", 1},
		{"}`", 100000},
		{"\n", 1},
	}},
	{"parse-ternary-500k.js", "aeb03ab74e42dad2fec5002110f1e5f72a882c39e0fd02928ee88a17f99a30a0", []piece{
		{"// category: parser; attack: 500000 deep nesting of 1?; expect: error\n", 1},
		{"1?", 500000},
		{"1:", 500000},
		{"1\n", 1},
	}},
	{"parse-ternary-right-500k.js", "05d3649b9ded99a51c08d42c09a97168fff9f9ee3db3839749f43f6b656d5a97", []piece{
		{"// category: parser; attack: 500000 deep nesting of 1?1:; expect: error\n", 1},
		{"1?1:", 500000},
		{"1\n", 1},
	}},
	{"parse-try-100k.js", "d4339ec59975f3898716d2b1bbb5fc43d14f70f0ba860a5144deb9499615055a", []piece{
		{"// category: parser; attack: 100k nested try; expect: error\n", 1},
		{"try{", 100000},
		{"}finally{}", 100000},
		{"\n", 1},
	}},
	{"parse-typeof-500k.js", "d212514ff37ac1a7d66a6ca7dbe76b915d7727c2ae630333be85ffe1dfba537b", []piece{
		{"// category: parser; attack: 500000 deep nesting of typeof; expect: error\n", 1},
		{"typeof ", 500000},
		{"1\n", 1},
	}},
	{"parse-unary-2m.js", "f4dfac46aa4afc4f39a6eec4b47ee25c3df675f44010a86c901e7912326d432a", []piece{
		{"// category: parser; attack: 2000000 deep nesting of !; expect: error\n", 1},
		{"!", 2000000},
		{"1\n", 1},
	}},
	{"parse-unary-minus-200k.js", "3069270b44c1ad983b6957740beaff3bacfae8586ad3e65dc6db09548d73676c", []piece{
		{"// category: parser; attack: 200000 deep nesting of -; expect: error\n", 1},
		{"- ", 200000},
		{"1\n", 1},
	}},
	{"parse-vars-200k.js", "83de835e79813ea69c60c1259beece38c6cff3424fe8b3e0ebf07d57def0493c", []piece{
		{"// category: parser; attack: 200k var declarations; expect: ok\n", 1},
		{"var v§=§;", 200000},
		{"\n", 1},
	}},
	{"parse-with-100k.js", "c45b07ab6bc79c3835db4b3b515d95d5da0d60264994d67409b02f58093a9311", []piece{
		{"// category: parser; attack: 100000 deep nesting of with(1); expect: error\n", 1},
		{"with(1)", 100000},
		{"0\n", 1},
	}},
	{"str-template-op.js", "610e11c342b79adff5b4a47607060101d2a12e5b0c76552452aaeb97c79a2f03", []piece{
		{"// category: native-string; attack: one template literal op with 4000 x 1 MB; expect: memory\nvar s='x'.repeat(1<<20);return `", 1},
		{"${s}", 4000},
		{"`.length\n", 1},
	}},
}
