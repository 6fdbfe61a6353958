// options.h — which answer a request gets (handlers options; a public header).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyserve::handlers {

// A field line to add to answers. Name and value must be such as RFC 9110 §5 allows: what is not is
// the embedding program's fault and stops it.
struct Header {
  std::string name;
  std::string value;
};

// The media type of files with this extension (in lower case, without its dot).
struct MediaType {
  std::string extension;
  std::string type;
};

// Whether files are compressed on the fly; kAuto: where others than this machine are served.
enum class Compression : std::uint8_t { kAuto, kOn, kOff };

struct Options {
  std::vector<std::string>
      allowed_hosts;  // further names a Host field may have; "*" turns the rule off
  std::vector<std::string> index_names{"index.html"};  // tried in this order in a directory
  bool listing = true;    // a directory without index shows its entries
  bool dotfiles = false;  // names that begin with a dot are served and listed
  bool writable = false;  // PUT and DELETE change files of the directory; a single file never
  bool api = true;        // `/api/` belongs to us and not to the files
  std::string spa;  // path in the root of the file that answers for the routes of a single-page
                    // application; empty: none does
  bool clean_urls = false;                 // `about.html` answers for `/about`
  std::string cache_control = "no-cache";  // of files
  std::vector<MediaType> media_types;      // before the built-in ones
  std::vector<std::string>
      cors_origins;        // whose pages may read everything ("https://app.example"); "*": all
  bool file_cache = true;  // answers for files are kept as long as the files stay the same
  Compression compression = Compression::kAuto;
  bool isolate = false;         // pages get SharedArrayBuffer: COOP, COEP and CORP
  std::vector<Header> headers;  // with every answer, in place of ours with the same name
};

}  // namespace tinyserve::handlers
