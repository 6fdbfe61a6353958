#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tinyserve {
namespace {

TEST(Base64, IsThatOfTheRfc) {  // RFC 4648 §10
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(encode_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encode_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, HoldsEveryByte) {
  EXPECT_EQ(encode_base64(std::string_view("\0\xFF\x10", 3)), "AP8Q");
  EXPECT_EQ(encode_base64("\xFB\xEF\xBE"), "++++");
  EXPECT_EQ(encode_base64("\xFF\xFF\xFF"), "////");
}

}  // namespace
}  // namespace tinyserve
