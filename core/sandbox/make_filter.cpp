// make_filter.cpp — writes the system call filter as instructions for the kernel, when the program
// is built: libseccomp needs half a millisecond for it, which nobody should wait for at each start.
//
//     make_filter FILE
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <memory>

#include "sandbox/own_pid.h"

namespace {

// By name, since some are not there on every processor (open, epoll_wait), and others are newer
// than libseccomp. What the C library may use instead of what we call is here, too.
constexpr std::array kAllowed{
    // connections
    "accept", "accept4", "getpeername", "getsockname", "getsockopt", "recv", "recvfrom", "recvmsg",
    "send", "sendfile", "sendfile64", "sendmsg", "sendto", "setsockopt", "shutdown",
    // waiting
    "clock_nanosleep", "clock_nanosleep_time64", "epoll_create1", "epoll_ctl", "epoll_pwait",
    "epoll_pwait2", "epoll_wait", "eventfd2", "nanosleep", "poll", "ppoll", "ppoll_time64",
    "restart_syscall", "sched_yield", "timerfd_create", "timerfd_settime", "timerfd_settime64",
    // files: which ones is Landlock's to say
    "_llseek", "access", "faccessat", "faccessat2", "close", "close_range", "copy_file_range",
    "dup", "fadvise64", "fadvise64_64", "fallocate", "fchmod", "fcntl", "fcntl64", "fdatasync",
    "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64",
    "getdents64", "linkat", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat",
    "openat2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev2", "read", "readahead",
    "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir", "stat", "stat64",
    "statfs", "statfs64", "statx", "unlink", "unlinkat", "utimensat", "write", "writev",
    // memory
    "brk", "madvise", "mincore", "mremap", "munmap",
    // threads and time
    "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64", "exit", "exit_group",
    "futex", "futex_time64", "futex_waitv", "getpriority", "gettid", "gettimeofday", "membarrier",
    "rseq", "sched_getaffinity", "set_robust_list", "set_tid_address", "setpriority",
    // this process
    "getcpu", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "getrusage",
    "getuid", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
    "sigaltstack", "sigreturn", "sysinfo", "uname"};

void check(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &::seccomp_release) {
    check(context_ != nullptr, "seccomp_init");
    // A call by another processor's numbers (32 bits) would else end the process.
    set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree of comparisons, not a list
  }

  // A call, with those arguments only for which all of `conditions` hold.
  void allow(const char* name, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    const int call = ::seccomp_syscall_resolve_name(name);
    if (call < 0) return;  // not on this processor, or not known yet
    note(::seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, call,
                                  static_cast<unsigned>(conditions.size()), conditions.begin()),
         name);
  }

  void write(const char* path) {
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::tmpfile(), &std::fclose);
    check(file != nullptr, "tmpfile");
    note(::seccomp_export_bpf(context_.get(), ::fileno(file.get())), "seccomp_export_bpf");
    std::rewind(file.get());
    std::ofstream out(path);
    sock_filter instruction{};
    while (std::fread(&instruction, sizeof instruction, 1, file.get()) == 1) {
      out << "{" << instruction.code << ", " << unsigned{instruction.jt} << ", "
          << unsigned{instruction.jf} << ", " << instruction.k << "},\n";
    }
    check(bool(out.flush()), path);
  }

 private:
  void set(scmp_filter_attr attribute, std::uint32_t value) {
    note(::seccomp_attr_set(context_.get(), attribute, value), "seccomp_attr_set");
  }
  static void note(int result, const char* what) {
    errno = -result;
    check(result >= 0, what);
  }

  std::unique_ptr<void, decltype(&::seccomp_release)> context_;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Filter filter;
  for (const char* const name : kAllowed) filter.allow(name);
  for (const char* const name : {"mmap", "mmap2", "mprotect"})
    filter.allow(name, {has_bits(2, PROT_EXEC, 0)});
  // A thread, never a process. The flags of clone3 lie in memory, where no filter sees them:
  // without it the C library falls back to clone.
  filter.allow("clone", {has_bits(0, CLONE_THREAD, CLONE_THREAD)});
  filter.allow("prctl", {equals(0, PR_SET_NAME)});
  // abort() tells its own process.
  filter.allow("tgkill", {equals(0, tinyserve::sandbox::kOwnPid)});
  // Limits are read, not set.
  filter.allow("prlimit64", {equals(2, 0)});
  filter.write(argv[1]);
  return 0;
}
