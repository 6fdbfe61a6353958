#include "http/method.h"

#include <gtest/gtest.h>

namespace tinyserve::http {
namespace {

TEST(Method, IsReadFromItsName) {
  EXPECT_EQ(parse_method("GET"), Method::kGet);
  EXPECT_EQ(parse_method("HEAD"), Method::kHead);
  EXPECT_EQ(parse_method("POST"), Method::kPost);
  EXPECT_EQ(parse_method("OPTIONS"), Method::kOptions);
  EXPECT_EQ(parse_method("PUT"), Method::kPut);
  EXPECT_EQ(parse_method("DELETE"), Method::kDelete);
  EXPECT_EQ(parse_method("PATCH"), Method::kPatch);
  EXPECT_EQ(parse_method("TRACE"), Method::kTrace);
  EXPECT_EQ(parse_method("CONNECT"), Method::kConnect);
}

TEST(Method, IsUnknownInLowerCase) {
  EXPECT_EQ(parse_method("get"), Method::kUnknown);
  EXPECT_EQ(parse_method("Get"), Method::kUnknown);
}

TEST(Method, IsComparedWhole) {
  EXPECT_EQ(parse_method("GETX"), Method::kUnknown);
  EXPECT_EQ(parse_method("GE"), Method::kUnknown);
  EXPECT_EQ(parse_method(""), Method::kUnknown);
  EXPECT_EQ(parse_method("BREW"), Method::kUnknown);
}

TEST(Method, HasTheNameItIsReadFrom) {
  for (const auto method :
       {Method::kGet, Method::kHead, Method::kPost, Method::kOptions, Method::kPut, Method::kDelete,
        Method::kPatch, Method::kTrace, Method::kConnect}) {
    EXPECT_EQ(parse_method(name(method)), method);
  }
  EXPECT_EQ(name(Method::kOptions), "OPTIONS");
  EXPECT_EQ(name(Method::kUnknown), "");
}

}  // namespace
}  // namespace tinyserve::http
