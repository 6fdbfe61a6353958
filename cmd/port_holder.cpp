#include "cmd/port_holder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <system_error>
#include <vector>

namespace tinyserve::cmd {
namespace {

// `bytes` as the tables write an address: groups of four as numbers of the machine's byte order.
template <std::size_t kSize>
std::string as_in_table(const std::array<unsigned char, kSize>& bytes) {
  std::string text;
  for (std::size_t at = 0; at < kSize; at += sizeof(std::uint32_t)) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08X", number);
    text += digits.data();
  }
  return text;
}

// The IP address `text` as in the tables; empty when it is none.
std::string address_in_table(const std::string& text) {
  std::array<unsigned char, 4> ipv4{};
  if (::inet_pton(AF_INET, text.c_str(), ipv4.data()) == 1) return as_in_table(ipv4);
  std::array<unsigned char, 16> ipv6{};
  if (::inet_pton(AF_INET6, text.c_str(), ipv6.data()) == 1) return as_in_table(ipv6);
  return {};
}

bool is_unspecified(std::string_view address) {
  return address.find_first_not_of('0') == std::string_view::npos;
}

// Whether a socket bound to `bound` keeps `wanted` from being bound, both as in the tables.
bool collides(std::string_view bound, std::string_view wanted) {
  if (bound.size() == wanted.size())
    return bound == wanted || is_unspecified(bound) || is_unspecified(wanted);
  if (bound.size() < wanted.size()) return false;  // our IPv6 sockets leave IPv4 alone
  // An IPv4 address on an IPv6 socket, as Java's are (RFC 4291 section 2.5.5.2).
  const std::string mapped = address_in_table("::ffff:0.0.0.0").substr(0, 24);
  if (bound.starts_with(mapped)) return collides(bound.substr(mapped.size()), wanted);
  return is_unspecified(bound);
}

// The entries of `directory`; none when it can't be read.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  auto entry = std::filesystem::directory_iterator(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    entries.push_back(entry->path());
  }
  return entries;
}

bool has_open(const std::filesystem::path& process, const std::string& link) {
  const auto files = entries_of(process / "fd");
  return std::any_of(files.begin(), files.end(), [&link](const std::filesystem::path& file) {
    std::error_code ignored;  // it has been closed meanwhile
    return std::filesystem::read_symlink(file, ignored) == link;
  });
}

// The lowest number of a process that has the socket open; 0: none that we may look at.
int find_process(const std::string& inode) {
  const std::string link = "socket:[" + inode + "]";
  int lowest = 0;
  for (const std::filesystem::path& process : entries_of("/proc")) {
    const std::string name = process.filename();
    int pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size()) continue;
    if ((lowest == 0 || pid < lowest) && has_open(process, link)) lowest = pid;
  }
  return lowest;
}

// Read from the file, since getpwuid(3) would need shared libraries in a program without any.
std::string user_name(uid_t user) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"),
                                                             &std::fclose);
  while (file != nullptr) {
    const passwd* entry = ::fgetpwent(file.get());
    if (entry == nullptr) break;
    if (entry->pw_uid == user) return entry->pw_name;
  }
  return std::to_string(user);
}

}  // namespace

std::optional<ListeningSocket> find_listening(std::string_view table, const std::string& address,
                                              std::uint16_t port) {
  constexpr std::string_view kListens = "0A";
  const std::string wanted = address_in_table(address);
  if (wanted.empty()) return std::nullopt;
  std::array<char, 6> wanted_port{};
  std::snprintf(wanted_port.data(), wanted_port.size(), ":%04X", static_cast<unsigned>(port));
  std::istringstream rows{std::string(table)};
  for (std::string row; std::getline(rows, row);) {
    std::istringstream fields(row);
    std::string number, local, remote, state, queues, timer, retransmits, timeout;
    ListeningSocket socket;
    fields >> number >> local >> remote >> state >> queues >> timer >> retransmits;
    fields >> socket.owner >> timeout >> socket.inode;
    if (!fields || state != kListens || !local.ends_with(wanted_port.data())) continue;
    if (collides(local.substr(0, local.rfind(':')), wanted)) return socket;
  }
  return std::nullopt;
}

std::string describe_holder(const ListeningSocket& socket) {
  const int pid = find_process(socket.inode);
  if (pid == 0) return "a process of user " + user_name(socket.owner);
  const std::string process = std::to_string(pid);
  std::string command;
  std::getline(std::ifstream("/proc/" + process + "/comm"), command);
  return "pid " + process + " (" + command + ")";
}

std::string port_holder(const std::string& address, std::uint16_t port) {
  for (const char* const path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(path);
    const std::string table{std::istreambuf_iterator<char>(file), {}};
    if (const auto socket = find_listening(table, address, port)) return describe_holder(*socket);
  }
  return {};
}

}  // namespace tinyserve::cmd
