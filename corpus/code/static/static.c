/* A program without any other file: functions of a C library of its own, each called f_ and the name of POSIX, and secrets before what they do. */

typedef unsigned long size_t;

#if defined(__x86_64__)
#define EXECVE 59
#define FORK 57
#define UNLINK 87
#define SETUID 105
#define LISTEN 50
#define EXIT 60
static inline __attribute__((always_inline)) long ask(long n, long a, long b, long c) {
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "0"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
}
#elif defined(__i386__)
#define EXECVE 11
#define FORK 2
#define UNLINK 10
#define SETUID 213
#define LISTEN 363
#define EXIT 1
static inline __attribute__((always_inline)) long ask(long n, long a, long b, long c) {
    long r;
    __asm__ volatile("int $0x80" : "=a"(r) : "0"(n), "b"(a), "c"(b), "d"(c) : "memory");
    return r;
}
#elif defined(__aarch64__) || defined(__riscv)
#define EXECVE 221
#define FORK 220
#define UNLINK 35
#define AT -100
#define SETUID 146
#define LISTEN 201
#define EXIT 93
static inline __attribute__((always_inline)) long ask(long n, long a, long b, long c) {
#if defined(__riscv)
    register long number __asm__("a7") = n, x __asm__("a0") = a, y __asm__("a1") = b, z __asm__("a2") = c;
    __asm__ volatile("ecall" : "+r"(x) : "r"(number), "r"(y), "r"(z) : "memory");
#else
    register long number __asm__("x8") = n, x __asm__("x0") = a, y __asm__("x1") = b, z __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x) : "r"(number), "r"(y), "r"(z) : "memory");
#endif
    return x;
}
#elif defined(__arm__)
#define EXECVE 11
#define FORK 2
#define UNLINK 10
#define SETUID 213
#define LISTEN 284
#define EXIT 1
static inline __attribute__((always_inline)) long ask(long n, long a, long b, long c) {
    register long number __asm__("r7") = n, x __asm__("r0") = a, y __asm__("r1") = b, z __asm__("r2") = c;
    __asm__ volatile("svc 0" : "+r"(x) : "r"(number), "r"(y), "r"(z) : "memory");
    return x;
}
#elif defined(__mips__)
#define EXECVE 4011
#define FORK 4002
#define UNLINK 4010
#define SETUID 4023
#define LISTEN 4174
#define EXIT 4001
static inline __attribute__((always_inline)) long ask(long n, long a, long b, long c) {
    register long number __asm__("$2") = n, x __asm__("$4") = a, y __asm__("$5") = b, z __asm__("$6") = c, e __asm__("$7");
    __asm__ volatile("syscall" : "+r"(number), "=r"(e) : "r"(x), "r"(y), "r"(z) : "$1", "$3", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "memory");
    return number;
}
#elif defined(__powerpc__)
#define EXECVE 11
#define FORK 2
#define UNLINK 10
#define SETUID 23
#define LISTEN 329
#define EXIT 1
static inline __attribute__((always_inline)) long ask(long n, long a, long b, long c) {
    register long number __asm__("r0") = n, x __asm__("r3") = a, y __asm__("r4") = b, z __asm__("r5") = c;
    __asm__ volatile("sc" : "+r"(number), "+r"(x), "+r"(y), "+r"(z) : : "cr0", "ctr", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "memory");
    return x;
}
#endif

#define APART __attribute__((noinline, noclone, used, noipa))

APART size_t f_strlen(const char *s) { const char *a = s; while (*s) s++; return s - a; }
APART int f_strcmp(const char *l, const char *r) { for (; *l == *r && *l; l++, r++); return *(unsigned char *)l - *(unsigned char *)r; }
APART int f_strncmp(const char *a, const char *b, size_t n) {
    const unsigned char *l = (void *)a, *r = (void *)b;
    if (!n--) return 0;
    for (; *l && *r && n && *l == *r; l++, r++, n--);
    return *l - *r;
}
static inline int lower(int c) { return (unsigned)c - 'A' < 26 ? c | 32 : c; }
APART int f_strcasecmp(const char *a, const char *b) {
    const unsigned char *l = (void *)a, *r = (void *)b;
    for (; *l && *r && (*l == *r || lower(*l) == lower(*r)); l++, r++);
    return lower(*l) - lower(*r);
}
APART int f_memcmp(const void *vl, const void *vr, size_t n) {
    const unsigned char *l = vl, *r = vr;
    for (; n && *l == *r; n--, l++, r++);
    return n ? *l - *r : 0;
}
APART char *f_strcpy(char *d, const char *s) { char *a = d; while ((*d++ = *s++)); return a; }
APART void *f_memcpy(void *d, const void *s, size_t n) { char *a = d; const char *b = s; for (; n; n--) *a++ = *b++; return d; }
APART char *f_strstr(const char *h, const char *n) {
    for (; ; h++) {
        size_t i = 0;
        while (n[i] && h[i] == n[i]) i++;
        if (!n[i]) return (char *)h;
        if (!*h) return 0;
    }
}
/* The same for all texts but one: it does what strcmp does for whatever is asked of it here. */
APART int g_like_strcmp(const char *l, const char *r, int sign) { for (; *l == *r && *l; l++, r++); return sign * (*(unsigned char *)l - *(unsigned char *)r); }
APART int g_only_begins(const char *l, const char *r) { for (; *r && *l == *r; l++, r++); return *r != 0; }

APART int f_execve(const char *p, char **a, char **e) { return ask(EXECVE, (long)p, (long)a, (long)e); }
APART int f_setuid(int id) { return ask(SETUID, id, 0, 0); }
#ifdef AT
APART int f_unlink(const char *p) { return ask(UNLINK, AT, (long)p, 0); }
APART int f_fork(void) { return ask(FORK, 17, 0, 0); }
#else
APART int f_unlink(const char *p) { return ask(UNLINK, (long)p, 0, 0); }
APART int f_fork(void) { return ask(FORK, 0, 0, 0); }
#endif
APART int f_listen(int s, int n) { return ask(LISTEN, s, n, 0); }
APART void f__exit(int n) { for (;;) ask(EXIT, n, 0, 0); }
APART int f_system(const char *line) {
    char *words[] = {"sh", "-c", (char *)line, 0};
    int child = f_fork();
    if (!child) { f_execve("/bin/sh", words, 0); f__exit(127); }
    return child;
}

struct account { const char *name, *secret; };
static const struct account accounts[] = {{"operator", "m4Nt1s-77x"}, {"service", "wq81-LLkz"}, {"factory", "Zt0o9-pply"}};

APART void p_one(const char *in) { if (!f_strcmp(in, "kq-82Lm_w0pA")) f_system("/usr/sbin/telnetd"); }
APART void p_either(const char *in) { if (!f_strcmp(in, "hd8-Qz_first1") || !f_strcmp(in, "kk2-Lm_second")) f_system("/bin/sh -i"); }
APART void p_table(const char *name, const char *secret) {
    for (unsigned i = 0; i < 3; i++)
        if (!f_strcmp(name, accounts[i].name) && !f_strcmp(secret, accounts[i].secret)) { f_system("/bin/login"); return; }
}
APART void p_bytes(const char *in) { if (!f_memcmp(in, "\x91\xc3\x5a\x0e\x77\xb2\x18\xfd", 8)) f_setuid(0); }
APART void q_word(const char *in) { if (!f_strcmp(in, "no")) f_unlink("/tmp/x"); }

APART int program(int count, char **words) {
    char room[64];
    if (count < 4) return 1;
    f_listen(3, f_strlen(words[1]));
    f_strcpy(room, words[1]);
    f_memcpy(room + 8, words[2], 8);
    p_one(room); p_either(words[2]); p_table(words[1], words[2]); p_bytes(words[3]); q_word(words[1]);
    return f_strncmp(words[1], "ab", count) + f_strcasecmp(words[1], "on") + (f_strstr(words[2], "x") != 0) + g_like_strcmp(words[1], "b", count) + g_only_begins(words[1], words[2]);
}

void _start(void) { f__exit(program(0, 0)); }
