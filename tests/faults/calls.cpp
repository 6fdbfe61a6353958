#include "faults/calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace tinyserve::faults {

namespace {

// More than there are.
constexpr std::size_t kMostCalls = 64;

std::array<std::atomic<int>, kMostCalls> counts{};
std::atomic<std::size_t> failing_call{kMostCalls};
std::atomic<int> failing_nth{0};
std::atomic<int> failing_error{0};
std::atomic<bool> has_failed{false};
thread_local bool spared = false;

// Whether this use is the one that is to fail; errno is set then.
bool fails(std::size_t call) {
  if (spared) return false;
  const int nth = ++counts[call];
  if (call != failing_call || nth != failing_nth) return false;
  has_failed = true;
  errno = failing_error;
  return true;
}

}  // namespace

const std::vector<Call>& calls() {
  static const std::vector<Call> all{
      {"accept4",
       {EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTO, EPERM, ENETDOWN,
        ETIMEDOUT}},
      {"bind", {EACCES, EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOMEM}},
      {"epoll_create1", {EMFILE, ENFILE, ENOMEM}},
      {"epoll_ctl", {ENOMEM, ENOSPC}},
      {"epoll_wait", {EINTR, EBADF, EINVAL}},
      {"eventfd", {EMFILE, ENFILE, ENODEV, ENOMEM}},
      {"fcntl", {EMFILE, EINVAL, EACCES}},
      {"fdopendir", {ENOMEM, ENOTDIR, EMFILE}},
      {"fstat", {EIO, ENOMEM, EOVERFLOW, EACCES}},
      {"fstatat", {EACCES, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EOVERFLOW}},
      {"fstatfs", {EIO, EINTR, ENOMEM, ENOSYS}},
      {"gethostname", {ENAMETOOLONG, EFAULT}},
      {"getrlimit", {EINVAL, EPERM}},
      {"getsockname", {ENOBUFS, ENOTSOCK}},
      {"listen", {EADDRINUSE, EOPNOTSUPP}},
      {"open", {EACCES, EINTR, ELOOP, EMFILE, ENFILE, ENOENT, ENOMEM, ENOSPC, EROFS}},
      {"openat", {EACCES, EINTR, ELOOP, EMFILE, ENFILE, ENOENT, ENOMEM, ENOTDIR}},
      {"poll", {EINTR, ENOMEM}},
      {"pread", {EAGAIN, EINTR, EIO, EISDIR}},
      {"preadv2", {EAGAIN, EINTR, EIO, EOPNOTSUPP, ENOSYS}},
      {"read", {EAGAIN, EINTR, EIO, EBADF}},
      {"realpath", {EACCES, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR}},
      {"recv", {EAGAIN, ECONNREFUSED, ECONNRESET, EINTR, ENOMEM, ETIMEDOUT}},
      {"send", {EAGAIN, ECONNRESET, EINTR, ENOBUFS, ENOMEM, EPIPE}},
      {"sendfile", {EAGAIN, ECONNRESET, EINTR, EINVAL, EIO, ENOMEM, EOVERFLOW, EPIPE, ESPIPE}},
      {"sendmsg", {EAGAIN, ECONNRESET, EINTR, ENOBUFS, ENOMEM, EPIPE}},
      {"setrlimit", {EPERM, EINVAL}},
      {"setsockopt", {EINVAL, ENOPROTOOPT, ENOBUFS, ENOMEM}},
      {"shutdown", {ENOTCONN, ENOBUFS}},
      {"socket", {EACCES, EAFNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTONOSUPPORT}},
      {"stat", {EACCES, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EOVERFLOW}},
      // openat2 alone
      {"syscall",
       {EACCES, EAGAIN, EINTR, EIO, ELOOP, EMFILE, ENFILE, ENOENT, ENOMEM, ENOSYS, ENOTDIR, EPERM,
        EXDEV}},
      {"timerfd_create", {EMFILE, ENFILE, ENODEV, ENOMEM}},
      {"timerfd_settime", {EBADF, EINVAL}},
      {"write", {EAGAIN, EINTR, EIO, ENOSPC, EPIPE}},
      {"writev", {EAGAIN, EINTR, EIO, ENOSPC, EPIPE, EDQUOT}},
  };
  return all;
}

std::size_t index_of(const char* name) {
  for (std::size_t i = 0; i < calls().size(); ++i) {
    if (std::strcmp(calls()[i].name, name) == 0) return i;
  }
  throw std::logic_error("no such call");
}

void arm(std::size_t call, int nth, int error) {
  for (auto& count : counts) count = 0;
  has_failed = false;
  failing_error = error;
  failing_nth = nth;
  failing_call = call;
}

bool disarm() {
  failing_call = kMostCalls;
  return has_failed;
}

int uses(std::size_t call) { return counts[call]; }

bool is_outside() noexcept { return spared; }

Outside::Outside() : before_(spared) { spared = true; }
Outside::~Outside() { spared = before_; }

}  // namespace tinyserve::faults

using tinyserve::faults::fails;
using tinyserve::faults::index_of;

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
#define LED_HERE(type, name, parameters, arguments)          \
  extern "C" type __real_##name parameters;                  \
  extern "C" type __wrap_##name parameters;                  \
  extern "C" type __wrap_##name parameters {                 \
    static const std::size_t call = index_of(#name);         \
    return fails(call) ? (type)-1 : __real_##name arguments; \
  }

LED_HERE(int, accept4, (int fd, sockaddr* peer, socklen_t* size, int flags),
         (fd, peer, size, flags))
LED_HERE(int, bind, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))
LED_HERE(int, epoll_create1, (int flags), (flags))
LED_HERE(int, epoll_ctl, (int epoll, int operation, int fd, epoll_event* event),
         (epoll, operation, fd, event))
LED_HERE(int, epoll_wait, (int epoll, epoll_event* events, int most, int timeout),
         (epoll, events, most, timeout))
LED_HERE(int, eventfd, (unsigned value, int flags), (value, flags))
LED_HERE(int, fcntl, (int fd, int command, long argument), (fd, command, argument))
LED_HERE(int, fstat, (int fd, struct stat* status), (fd, status))
LED_HERE(int, fstatat, (int directory, const char* path, struct stat* status, int flags),
         (directory, path, status, flags))
LED_HERE(int, fstatfs, (int fd, struct statfs* status), (fd, status))
LED_HERE(int, gethostname, (char* name, std::size_t size), (name, size))
LED_HERE(int, getrlimit, (int what, rlimit* limit), (what, limit))
LED_HERE(int, getsockname, (int fd, sockaddr* address, socklen_t* size), (fd, address, size))
LED_HERE(int, listen, (int fd, int backlog), (fd, backlog))
LED_HERE(int, open, (const char* path, int flags, mode_t mode), (path, flags, mode))
LED_HERE(int, openat, (int directory, const char* path, int flags, mode_t mode),
         (directory, path, flags, mode))
LED_HERE(int, poll, (pollfd * watched, nfds_t count, int timeout), (watched, count, timeout))
LED_HERE(ssize_t, pread, (int fd, void* bytes, std::size_t size, off_t offset),
         (fd, bytes, size, offset))
LED_HERE(ssize_t, preadv2, (int fd, const iovec* places, int count, off_t offset, int flags),
         (fd, places, count, offset, flags))
LED_HERE(ssize_t, read, (int fd, void* bytes, std::size_t size), (fd, bytes, size))
LED_HERE(ssize_t, recv, (int fd, void* bytes, std::size_t size, int flags),
         (fd, bytes, size, flags))
LED_HERE(ssize_t, send, (int fd, const void* bytes, std::size_t size, int flags),
         (fd, bytes, size, flags))
LED_HERE(ssize_t, sendfile, (int to, int from, off_t* offset, std::size_t size),
         (to, from, offset, size))
LED_HERE(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
LED_HERE(int, setrlimit, (int what, const rlimit* limit), (what, limit))
LED_HERE(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size),
         (fd, level, name, value, size))
LED_HERE(int, shutdown, (int fd, int how), (fd, how))
LED_HERE(int, socket, (int family, int type, int protocol), (family, type, protocol))
LED_HERE(int, stat, (const char* path, struct stat* status), (path, status))
LED_HERE(long, syscall, (long number, long a, long b, long c, long d), (number, a, b, c, d))
LED_HERE(int, timerfd_create, (int clock, int flags), (clock, flags))
LED_HERE(int, timerfd_settime, (int fd, int flags, const itimerspec* setting, itimerspec* before),
         (fd, flags, setting, before))
LED_HERE(ssize_t, writev, (int fd, const iovec* pieces, int count), (fd, pieces, count))

extern "C" ssize_t __real_write(int fd, const void* bytes, std::size_t size);
extern "C" ssize_t __wrap_write(int fd, const void* bytes, std::size_t size);
extern "C" ssize_t __wrap_write(int fd, const void* bytes, std::size_t size) {
  // To an eventfd: it fails when the counter is full only, and then its reader wakes anyway.
  if (size == sizeof(std::uint64_t)) return __real_write(fd, bytes, size);
  static const std::size_t call = index_of("write");
  return fails(call) ? -1 : __real_write(fd, bytes, size);
}
extern "C" DIR* __real_fdopendir(int fd);
extern "C" DIR* __wrap_fdopendir(int fd);
extern "C" DIR* __wrap_fdopendir(int fd) {
  static const std::size_t call = index_of("fdopendir");
  return fails(call) ? nullptr : __real_fdopendir(fd);
}
extern "C" char* __real_realpath(const char* path, char* resolved);
extern "C" char* __wrap_realpath(const char* path, char* resolved);
extern "C" char* __wrap_realpath(const char* path, char* resolved) {
  static const std::size_t call = index_of("realpath");
  return fails(call) ? nullptr : __real_realpath(path, resolved);
}
// NOLINTEND(bugprone-reserved-identifier)
