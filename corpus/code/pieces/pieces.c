/* Secrets that a compiler compares as numbers, before what runs a command. With -O2 GCC does so wherever the length is known and memory may be read
 * at once: everywhere on machines that read at any address, else where the alignment is known. Built by ../generate. */

typedef unsigned int word;

extern int system(const char *command);

int g_nine(const char *p)
{
    return __builtin_memcmp(p, "Zq7!maint", 9) ? 0 : system(p + 9);
}

int g_sixteen(const char *p)
{
    return __builtin_memcmp(p, "kR4-open-Sezame-", 16) ? 0 : system(p + 16);
}

/* The last four bytes overlap with the first. */
int g_seven(const char *p)
{
    return __builtin_memcmp(p, "Zq7main", 7) ? 0 : system(p + 7);
}

int g_aligned(const char *p)
{
    return __builtin_memcmp(__builtin_assume_aligned(p, 8), "oP3n-Th1", 8) ? 0 : system(p + 8);
}

/* On the stack. */
extern long read(int from, void *to, unsigned long most);

int g_stack(void)
{
    char text[64] __attribute__((aligned(8)));
    read(0, text, 63);
    return __builtin_memcmp(text + 8, "t3lnet-m", 8) ? 0 : system(text);
}

/* Letters of either case. */
int g_case(const word *p)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (p[0] | 0x20202020) != 0x73657a61 ? 0 : system("/bin/sh");
#else
    return (p[0] | 0x20202020) != 0x617a6573 ? 0 : system("/bin/sh");
#endif
}

/* What PowerPC 64 compares in vector registers, unless the text may go over a page's end. */
int g_compared(const char *p)
{
    return __builtin_strcmp(p, "c0Mpar3d-in") ? 0 : system(p);
}

int g_bounded(const char *p)
{
    return __builtin_strncmp(p, "b0unded-1n", 10) ? 0 : system(p);
}

/* A number that is none. */
int g_number(const word *p)
{
    return p[1] != 0x9d3c81f5 ? 0 : system("/bin/sh");
}
