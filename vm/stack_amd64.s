#include "textflag.h"

// func stackUse() uintptr
// The runtime's record of the goroutine, which R14 points to, begins with the bounds of its stack.
TEXT ·stackUse(SB), NOSPLIT, $0-8
	MOVQ 8(R14), AX
	SUBQ SP, AX
	MOVQ AX, ret+0(FP)
	RET
