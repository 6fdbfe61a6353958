#include "cmd/qr_code.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tinyserve::cmd {
namespace {

// No real code is so small, which is why it can be looked at.
const QrCode kTiny{3,
                   {true, false, true,  //
                    false, true, true,  //
                    false, false, true}};

TEST(DrawQr, PutsTwoModulesIntoEachHalfBlock) {
  EXPECT_EQ(draw_qr(kTiny, QrColors::kOfTerminal),
            "███████████\n"
            "███████████\n"
            "████▄▀ ████\n"
            "██████▄████\n"
            "███████████\n"
            "▀▀▀▀▀▀▀▀▀▀▀\n");
}

TEST(DrawQr, IsWhiteOnBlackWhateverTheTheme) {
  EXPECT_EQ(draw_qr({1, {true}}, QrColors::kExplicit),
            "\x1b[38;5;231;48;5;16m█████████\x1b[0m\n"
            "\x1b[38;5;231;48;5;16m█████████\x1b[0m\n"
            "\x1b[38;5;231;48;5;16m████▄████\x1b[0m\n"
            "\x1b[38;5;231;48;5;16m█████████\x1b[0m\n"
            "\x1b[38;5;231;48;5;16m▀▀▀▀▀▀▀▀▀\x1b[0m\n");
}

TEST(DrawQr, WithinATerminalIsNothingRatherThanAPart) {
  const std::string drawn = draw_qr(kTiny, QrColors::kOfTerminal);
  EXPECT_EQ(draw_qr_within(kTiny, QrColors::kOfTerminal, 11, 6), drawn);
  EXPECT_EQ(draw_qr_within(kTiny, QrColors::kOfTerminal, 10, 6), "");
  EXPECT_EQ(draw_qr_within(kTiny, QrColors::kOfTerminal, 11, 5), "");
}

// The top left corner of every code, ISO/IEC 18004 section 6.3.3.
TEST(EncodeQr, MakesACodeOfAUrl) {
  const auto code = encode_qr("http://192.168.1.20:8080/");
  ASSERT_TRUE(code.has_value());
  ASSERT_EQ(code->size, 25u);
  ASSERT_EQ(code->dark.size(), 25u * 25u);
  const std::vector<std::string> finder{"#######.", "#.....#.", "#.###.#.", "#.###.#.",
                                        "#.###.#.", "#.....#.", "#######.", "........"};
  for (std::size_t row = 0; row < finder.size(); ++row) {
    std::string modules;
    for (std::size_t column = 0; column < finder.size(); ++column) {
      modules += code->dark[row * code->size + column] ? '#' : '.';
    }
    EXPECT_EQ(modules, finder[row]) << "row " << row;
  }
}

TEST(EncodeQr, MakesNoneOfWhatIsTooLong) {
  EXPECT_FALSE(encode_qr(std::string(3000, 'x')).has_value());
}

TEST(EncodeQr, MakesNoneWithoutTheLibrary) {
  EXPECT_FALSE(encode_qr("http://192.168.1.20:8080/", "libqrencode.so.0").has_value());
}

TEST(EncodeQr, MakesNoneWithALibraryThatHasOtherFunctions) {
  EXPECT_FALSE(encode_qr("http://192.168.1.20:8080/", "libm.so.6").has_value());
}

TEST(QrForTerminal, IsNothingElsewhere) {
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(qr_for_terminal("http://192.168.1.20:8080/", null, {}, {}), "");
  ::close(null);
}

}  // namespace
}  // namespace tinyserve::cmd
