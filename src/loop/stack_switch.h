/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_STACK_SWITCH_H
#define AH_LOOP_STACK_SWITCH_H
/* Switching stacks, for coroutine.c alone, which it puts its code into.  A stack that does
   not run is known by its stack pointer: the registers that a function call must preserve
   lie there, in the order of struct saved.  Elsewhere than on x86-64 and aarch64, and with
   AHTTP_UCONTEXT, swapcontext does it, at the price of two system calls. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef void ah_stack_main_fn(void *arg);

#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(AHTTP_UCONTEXT)

typedef struct ah_stack_point {
    void *pointer;
} ah_stack_point;

/* Saves the registers on this stack, its pointer in *save, and goes on from pointer. */
void ah_stack_switch(void **save, void *pointer);
/* Where a new stack begins. */
void ah_stack_begin(void);

#ifdef __APPLE__
#define FUNCTION(name) ".globl _" name "\n.private_extern _" name "\n.p2align 4\n_" name ":\n"
#define END(name)      ""
#else
#define FUNCTION(name)                                                                             \
    ".globl " name "\n.hidden " name "\n.type " name ",%function\n.p2align 4\n" name ":\n"
#define END(name) ".size " name ",.-" name "\n"
#endif

#ifdef __x86_64__

/* The return is a jump: a ret to another stack is always mispredicted. */
__asm__(".text\n" FUNCTION(
    "ah_stack_switch") ".cfi_startproc\n"
                       "endbr64\n"
                       "pushq %rbp\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbp, 0\n"
                       "pushq %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0\n"
                       "pushq %r12\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r12, 0\n"
                       "pushq %r13\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r13, 0\n"
                       "pushq %r14\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r14, 0\n"
                       "pushq %r15\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %r15, 0\n"
                       "subq $8, %rsp\n.cfi_adjust_cfa_offset 8\n"
                       "stmxcsr (%rsp)\n"
                       "fnstcw 4(%rsp)\n"
                       "movq %rsp, (%rdi)\n"
                       "movq %rsi, %rsp\n"
                       "ldmxcsr (%rsp)\n"
                       "fldcw 4(%rsp)\n"
                       "addq $8, %rsp\n.cfi_adjust_cfa_offset -8\n"
                       "popq %r15\n.cfi_adjust_cfa_offset -8\n.cfi_restore %r15\n"
                       "popq %r14\n.cfi_adjust_cfa_offset -8\n.cfi_restore %r14\n"
                       "popq %r13\n.cfi_adjust_cfa_offset -8\n.cfi_restore %r13\n"
                       "popq %r12\n.cfi_adjust_cfa_offset -8\n.cfi_restore %r12\n"
                       "popq %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\n"
                       "popq %rbp\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbp\n"
                       "popq %rcx\n.cfi_adjust_cfa_offset -8\n.cfi_register %rip, %rcx\n"
                       "notrack jmp *%rcx\n"
                       ".cfi_endproc\n" END("ah_stack_switch"));

__asm__(".text\n" FUNCTION("ah_stack_begin") ".cfi_startproc\n"
                                             ".cfi_undefined %rip\n" /* backtraces end here */
                                             "endbr64\n"
                                             "movq %r13, %rdi\n"
                                             "xorl %ebp, %ebp\n"
                                             "callq *%r12\n"
                                             "ud2\n"
                                             ".cfi_endproc\n" END("ah_stack_begin"));

struct saved {
    uint32_t mxcsr;
    uint16_t x87_control;
    uint16_t unused;
    void *r15, *r14, *r13, *r12, *rbx, *rbp, *return_to;
    void *top[2]; /* keeps ah_stack_begin's frame aligned to 16 */
};

static inline void set_start(struct saved *saved, ah_stack_main_fn *start, void *arg)
{
    __asm__("stmxcsr %0" : "=m"(saved->mxcsr));
    __asm__("fnstcw %0" : "=m"(saved->x87_control));
    saved->r12 = (void *)(uintptr_t)start;
    saved->r13 = arg;
    saved->return_to = (void *)(uintptr_t)ah_stack_begin;
}

#else

__asm__(".text\n" FUNCTION(
    "ah_stack_switch") ".cfi_startproc\n"
                       "hint #34\n" /* bti c */
                       "sub sp, sp, #160\n.cfi_adjust_cfa_offset 160\n"
                       "stp x19, x20, [sp, #0]\n"
                       "stp x21, x22, [sp, #16]\n"
                       "stp x23, x24, [sp, #32]\n"
                       "stp x25, x26, [sp, #48]\n"
                       "stp x27, x28, [sp, #64]\n"
                       "stp x29, x30, [sp, #80]\n.cfi_rel_offset x29, 80\n.cfi_rel_offset x30, 88\n"
                       "stp d8, d9, [sp, #96]\n"
                       "stp d10, d11, [sp, #112]\n"
                       "stp d12, d13, [sp, #128]\n"
                       "stp d14, d15, [sp, #144]\n"
                       "mov x9, sp\n"
                       "str x9, [x0]\n"
                       "mov sp, x1\n"
                       "ldp x19, x20, [sp, #0]\n"
                       "ldp x21, x22, [sp, #16]\n"
                       "ldp x23, x24, [sp, #32]\n"
                       "ldp x25, x26, [sp, #48]\n"
                       "ldp x27, x28, [sp, #64]\n"
                       "ldp x29, x30, [sp, #80]\n"
                       "ldp d8, d9, [sp, #96]\n"
                       "ldp d10, d11, [sp, #112]\n"
                       "ldp d12, d13, [sp, #128]\n"
                       "ldp d14, d15, [sp, #144]\n"
                       "add sp, sp, #160\n.cfi_adjust_cfa_offset -160\n.cfi_restore "
                       "x29\n.cfi_restore x30\n"
                       "ret\n"
                       ".cfi_endproc\n" END("ah_stack_switch"));

__asm__(".text\n" FUNCTION("ah_stack_begin") ".cfi_startproc\n"
                                             ".cfi_undefined x30\n" /* backtraces end here */
                                             "hint #36\n"           /* bti j */
                                             "mov x0, x20\n"
                                             "mov x29, xzr\n"
                                             "mov x30, xzr\n"
                                             "blr x19\n"
                                             "brk #1\n"
                                             ".cfi_endproc\n" END("ah_stack_begin"));

struct saved {
    void *x19, *x20, *x21_to_x28[8], *x29, *return_to;
    double d8_to_d15[8];
};

static inline void set_start(struct saved *saved, ah_stack_main_fn *start, void *arg)
{
    saved->x19 = (void *)(uintptr_t)start;
    saved->x20 = arg;
    saved->return_to = (void *)(uintptr_t)ah_stack_begin;
}

#endif

/* A stack that ends at top, which is aligned to 16, and will run start(arg). */
static inline void ah_stack_point_init(ah_stack_point *point, char *bottom, char *top,
                                       ah_stack_main_fn *start, void *arg)
{
    struct saved *saved = (struct saved *)(void *)top - 1;

    (void)bottom;
    memset(saved, 0, sizeof *saved);
    set_start(saved, start, arg);
    point->pointer = saved;
}

static inline void ah_stack_go(ah_stack_point *from, ah_stack_point *to)
{
    ah_stack_switch(&from->pointer, to->pointer);
}

#else

#include <ucontext.h>

typedef struct ah_stack_point {
    ucontext_t context;
    ah_stack_main_fn *start;
    void *arg;
} ah_stack_point;

/* makecontext passes ints only: the pointer comes in two halves. */
static inline void ah_stack_begin(unsigned high, unsigned low)
{
    ah_stack_point *point = (ah_stack_point *)((uintptr_t)high << 16 << 16 | (uintptr_t)low);

    point->start(point->arg);
}

static inline void ah_stack_point_init(ah_stack_point *point, char *bottom, char *top,
                                       ah_stack_main_fn *start, void *arg)
{
    uintptr_t address = (uintptr_t)point;

    point->start = start;
    point->arg = arg;
    getcontext(&point->context);
    point->context.uc_stack.ss_sp = bottom;
    point->context.uc_stack.ss_size = (size_t)(top - bottom);
    point->context.uc_link = NULL;
    makecontext(&point->context, (void (*)(void))ah_stack_begin, 2, (unsigned)(address >> 16 >> 16),
                (unsigned)address);
}

static inline void ah_stack_go(ah_stack_point *from, ah_stack_point *to)
{
    swapcontext(&from->context, &to->context);
}

#endif
#endif
