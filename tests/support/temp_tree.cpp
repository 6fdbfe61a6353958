#include "support/temp_tree.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace tinyserve::test {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void put(const std::string& path, std::string_view content, std::ios::openmode mode) {
  std::ofstream file(path, std::ios::binary | mode);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace

TempTree::TempTree(const Below& place, std::initializer_list<File> files) {
  const fs::path parent = place.parent.empty() ? fs::temp_directory_path() : fs::path(place.parent);
  std::string name = (parent / "tinyserve-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  // A server that runs as another user (the test of unreadable files) must get in.
  ::chmod(name.c_str(), 0755);
  root_ = fs::canonical(name).string();
  for (const File& file : files) write(file.path, file.content);
}

TempTree::~TempTree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string TempTree::path(std::string_view relative) const {
  return root_ + "/" + std::string(relative);
}

void TempTree::write(std::string_view relative, std::string_view content) const {
  fs::create_directories(fs::path(path(relative)).parent_path());
  put(path(relative), content, std::ios::trunc);
}

void TempTree::replace(std::string_view relative, std::string_view content) const {
  const std::string fresh = path(relative) + ".fresh";
  put(fresh, content, std::ios::trunc);
  fs::rename(fresh, path(relative));
}

void TempTree::append(std::string_view relative, std::string_view content) const {
  put(path(relative), content, std::ios::app);
}

std::string TempTree::read(std::string_view relative) const {
  std::ifstream file(path(relative), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void TempTree::make_dir(std::string_view relative) const { fs::create_directories(path(relative)); }

void TempTree::symlink(const std::string& target, std::string_view relative) const {
  fs::create_directories(fs::path(path(relative)).parent_path());
  fs::create_symlink(target, path(relative));
}

void TempTree::fifo(std::string_view relative) const {
  if (::mkfifo(path(relative).c_str(), 0644) != 0) fail("mkfifo");
}

void TempTree::unix_socket(std::string_view relative) const {
  const std::string name = path(relative);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path)
    throw std::runtime_error("path too long for a socket");
  std::copy(name.begin(), name.end(), address.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(fd);
  if (bound != 0) fail("bind");
}

void TempTree::remove(std::string_view relative) const { fs::remove_all(path(relative)); }

void TempTree::rename(std::string_view from, std::string_view to) const {
  fs::rename(path(from), path(to));
}

}  // namespace tinyserve::test
