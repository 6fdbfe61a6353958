class Tinyserve < Formula
  desc "Local preview server for web sites"
  homepage "https://example.org/tinyserve"
  url "https://example.org/tinyserve/releases/tinyserve-0.1.0.tar.gz"
  # Of a tarball that is not there yet: whoever makes the release puts the digest here.
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"
  head "https://example.org/tinyserve.git", branch: "main"

  livecheck do
    url :homepage
    regex(/href=.*?tinyserve[._-]v?(\d+(?:\.\d+)+)\.t/i)
  end

  depends_on "cli11" => :build
  depends_on "cmake" => :build
  depends_on "fmt" => :build
  depends_on "libseccomp" => :build
  depends_on "nlohmann-json" => :build
  depends_on "spdlog" => :build
  depends_on "brotli"
  depends_on "qrencode"
  depends_on "zlib"
  depends_on "zstd"
  depends_on :linux # epoll, eventfd and openat2 are at the heart of it

  def install
    system "cmake", "-S", ".", "-B", "build", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"page.txt").write "served by the formula"
    port = free_port
    pid = spawn bin/"tinyserve", testpath, "--port", port.to_s
    begin
      url = "http://localhost:#{port}/page.txt"
      answer = shell_output("curl --silent --fail --retry 10 --retry-connrefused #{url}")
      assert_equal "served by the formula", answer
    ensure
      Process.kill "TERM", pid
      Process.wait pid
    end

    usage = shell_output("#{bin}/tinyserve --prot 2>&1", 2)
    assert_match "did you mean '--port'?", usage
  end
end
