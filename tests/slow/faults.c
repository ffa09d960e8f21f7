/* Preloaded into a process, fails the calls by which it changes what is below one folder: the one whose turn it is,
   or that one and all later ones. What calls are counted is what every library of askdocs ends up in: SQLite, tantivy,
   FAISS (by way of stdio) and Python itself. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static char folder[PATH_MAX];
static atomic_long counted, turn = LONG_MAX;
static int error, lasting, backwards;

void faults_arm(const char *path, long at, int number, int last) {
    strncpy(folder, path, sizeof folder - 1);
    atomic_store(&counted, 0);
    error = number;
    lasting = last;
    atomic_store(&turn, at);
}

long faults_counted(void) { return atomic_load(&counted); }

void faults_turn_clock_back(void) { backwards = 1; }

static int below(const char *path) {
    return folder[0] && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int fails(void) {
    long now = atomic_fetch_add(&counted, 1) + 1, at = atomic_load(&turn);
    if (now == at || (lasting && now > at)) {
        errno = error;
        return 1;
    }
    return 0;
}

static int path_fails(const char *path) {
    char real[PATH_MAX];
    if (!folder[0] || !path)
        return 0;
    if (path[0] != '/') {
        if (!getcwd(real, sizeof real) || strlen(real) + strlen(path) + 2 > sizeof real)
            return 0;
        strcat(strcat(real, "/"), path);
        path = real;
    }
    return below(path) && fails();
}

static int descriptor_fails(int descriptor) {
    char link[64], path[PATH_MAX];
    ssize_t length;
    if (!folder[0])
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return below(path) && fails();
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

#define ON_DESCRIPTOR(result, name, parameters, arguments)      \
    result name parameters {                                    \
        return descriptor_fails(fd) ? -1 : REAL(name) arguments; \
    }

ON_DESCRIPTOR(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
ON_DESCRIPTOR(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
ON_DESCRIPTOR(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
ON_DESCRIPTOR(int, fsync, (int fd), (fd))
ON_DESCRIPTOR(int, fdatasync, (int fd), (fd))
ON_DESCRIPTOR(int, ftruncate, (int fd, off_t size), (fd, size))
ON_DESCRIPTOR(int, ftruncate64, (int fd, off64_t size), (fd, size))

size_t fwrite(const void *data, size_t size, size_t count, FILE *file) {
    return descriptor_fails(fileno(file)) ? 0 : REAL(fwrite)(data, size, count, file);
}

int rename(const char *from, const char *to) { return path_fails(to) ? -1 : REAL(rename)(from, to); }

int unlink(const char *path) { return path_fails(path) ? -1 : REAL(unlink)(path); }

int mkdir(const char *path, mode_t mode) { return path_fails(path) ? -1 : REAL(mkdir)(path, mode); }

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT); }

#define OPENS(name)                                                                             \
    int name(const char *path, int flags, ...) {                                                \
        va_list rest;                                                                           \
        va_start(rest, flags);                                                                  \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;               \
        va_end(rest);                                                                           \
        return writes(flags) && path_fails(path) ? -1 : REAL(name)(path, flags, mode);          \
    }

OPENS(open)
OPENS(open64)

FILE *fopen(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && path_fails(path) ? NULL : REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && path_fails(path) ? NULL : REAL(fopen64)(path, mode);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static atomic_long told;
    int result = REAL(clock_gettime)(clock, time);
    if (backwards && clock == CLOCK_REALTIME)
        time->tv_sec -= 60 * (atomic_fetch_add(&told, 1) + 1);
    return result;
}
