// refuse.cpp — runs a program for which some system calls do not exist, as on an older kernel:
//
//     refuse CALL,CALL COMMAND ARGUMENTS…
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <sstream>
#include <string>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  std::istringstream names(argv[1]);
  for (std::string name; std::getline(names, name, ',');) {
    const int call = ::seccomp_syscall_resolve_name(name.c_str());
    if (call == __NR_SCMP_ERROR ||
        ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) != 0) {
      std::fprintf(stderr, "refuse: no system call '%s'\n", name.c_str());
      return 2;
    }
  }
  if (::seccomp_load(filter) != 0) return 2;
  ::execvp(argv[2], argv + 2);
  std::perror("refuse");
  return 127;
}
