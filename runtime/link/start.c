/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The first instructions of an executable, in place of the C library's crt1.o,
 * which a machine without a compiler does not have. The kernel enters with argc
 * at the stack pointer, argv behind it, and in rdx a function for exit
 * handlers.
 */
#if !defined(__x86_64__)
#error "start code exists for x86-64 only"
#endif

__asm__(".text\n"
        ".globl _start\n"
        ".type _start,@function\n"
        "_start:\n"
        "  xor %ebp, %ebp\n" /* marks the outermost frame */
        "  mov %rdx, %r9\n"  /* rtld_fini */
        "  pop %rsi\n"       /* argc */
        "  mov %rsp, %rdx\n" /* argv */
        "  and $-16, %rsp\n"
        "  push %rax\n"
        "  push %rsp\n"      /* stack_end */
        "  xor %r8d, %r8d\n" /* fini: libc calls the program's own */
        "  xor %ecx, %ecx\n" /* init: the same */
        "  mov main@GOTPCREL(%rip), %rdi\n"
        "  call *__libc_start_main@GOTPCREL(%rip)\n"
        "  hlt\n"
        ".size _start, .-_start\n");
