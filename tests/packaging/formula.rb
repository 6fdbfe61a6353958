#!/usr/bin/env ruby
# Does with a formula what Homebrew would, where there is no Homebrew:
#
#   tests/packaging/formula.rb FORMULA SOURCE_DIR
#
# Checks its fields, runs its install block on a copy of what git has of SOURCE_DIR (as the tarball
# of a release would) into a temporary prefix, and its test block against that. It knows the words
# of the formula's language that ours needs: any other is an error.

require "fileutils"
require "open3"
require "pathname"
require "socket"
require "tmpdir"

# Homebrew's own patch: paths may stand where commands want strings.
class Pathname
  def to_str = to_s
end

# What a `livecheck do` block may say.
class Livecheck
  attr_reader :problems

  def initialize(&block)
    @words = {}
    instance_eval(&block)
    @problems = %i[url regex].reject { |word| @words.key?(word) }
                             .map { |word| "livecheck has no #{word}" }
  end

  def url(where) = @words[:url] = where
  def regex(pattern) = @words[:regex] = pattern
end

# The words of a formula's class and of its blocks.
class Formula
  ONCE = %i[desc homepage url sha256 license head].freeze

  class << self
    attr_reader :dependencies, :check, :watch

    def fields = @fields ||= {}

    ONCE.each do |word|
      define_method(word) do |value, **options|
        raise "#{word} stands twice" if fields.key?(word)

        fields[word] = [value, options]
      end
    end

    def depends_on(what) = (@dependencies ||= []) << what
    def livecheck(&block) = @watch = Livecheck.new(&block)
    def test(&block) = @check = block
  end

  attr_reader :prefix, :testpath

  def initialize(prefix, testpath)
    @prefix = prefix
    @testpath = testpath
  end

  def bin = prefix/"bin"

  # Those of Homebrew that matter on Linux.
  def std_cmake_args
    %W[-DCMAKE_INSTALL_PREFIX=#{prefix} -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release
       -DCMAKE_FIND_FRAMEWORK=LAST -DCMAKE_VERBOSE_MAKEFILE=ON -DFETCHCONTENT_FULLY_DISCONNECTED=ON
       -Wno-dev -DBUILD_TESTING=OFF]
  end

  def system(*command)
    output = IO.popen([*command.map(&:to_s), { err: %i[child out], in: File::NULL }], &:read)
    raise "#{command.join(" ")} failed:\n#{output}" unless $?.success?
  end

  def shell_output(command, expected = 0)
    output = `#{command}`
    return output if $?.exitstatus == expected

    raise "#{command}: exit code #{$?.exitstatus} where #{expected} was expected\n#{output}"
  end

  def free_port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }

  def assert_equal(expected, found)
    raise "#{found.inspect} is not #{expected.inspect}" unless expected == found
  end

  def assert_match(expected, found)
    pattern = expected.is_a?(Regexp) ? expected : /#{Regexp.escape(expected)}/
    raise "#{found.inspect} has no #{expected.inspect}" unless found.match?(pattern)
  end
end

# What is wrong with the fields, by the rules of Homebrew's cookbook.
class Fields
  def initialize(formula) = @formula = formula

  def problems
    missing + desc + sources + sha256 + dependencies + (@formula.watch&.problems || [])
  end

  private

  def value(word) = @formula.fields.dig(word, 0).to_s

  def missing
    found = Formula::ONCE.reject { |word| @formula.fields.key?(word) }
    found << "test" unless @formula.check
    found << "livecheck" unless @formula.watch
    found.map { |word| "#{word} is missing" }
  end

  def desc
    found = []
    found << "desc has not 1 to 80 characters" unless (1..80).cover?(value(:desc).length)
    found << "desc begins with an article" if value(:desc).match?(/\A(an?|the)\s/i)
    found << "desc does not begin with a capital" unless value(:desc).match?(/\A[A-Z]/)
    found << "desc ends with a full stop" if value(:desc).end_with?(".")
    found << "desc has the name of the formula" if value(:desc).match?(/#{@formula.name}/i)
    found
  end

  def sources
    found = %i[homepage url head].reject { |word| value(word).start_with?("https://") }
                                 .map { |word| "#{word} is no https URL" }
    found << "url has no version" unless value(:url).match?(/-\d+(\.\d+)+\.tar\.\w+\z/)
    found << "head names no branch" unless @formula.fields.dig(:head, 1, :branch)
    found << "license is not MIT, as in LICENSE" unless value(:license) == "MIT"
    found
  end

  def sha256 = value(:sha256).match?(/\A\h{64}\z/) ? [] : ["sha256 has not 64 digits"]

  # What is built with comes first, by name; then the rest.
  def dependencies
    found = @formula.dependencies || []
    named = found.grep(Hash).map { |dependency| dependency.keys.first }
    others = found.grep(String)
    problems = []
    problems << "depends_on is not in order" unless [named, others].all? { _1 == _1.sort }
    problems << "depends_on :linux is missing" unless found.include?(:linux)
    problems
  end
end

# A copy of what is committed of `source`.
def export(source, copy)
  FileUtils.mkdir_p(copy)
  pipeline = [["git", "-c", "safe.directory=*", "-C", source, "archive", "HEAD"],
              ["tar", "-x", "-C", copy.to_s]]
  raise "#{source} cannot be exported" unless Open3.pipeline(*pipeline).all?(&:success?)
end

def try(formula, source, work)
  copy = work/"source"
  export(source, copy)
  instance = formula.new(work/"prefix", work/"test")
  instance.testpath.mkpath
  ENV["MAKEFLAGS"] = "-j2"
  Dir.chdir(copy) { instance.install }
  Dir.chdir(instance.testpath) { instance.instance_exec(&formula.check) }
  Dir.chdir(instance.prefix) { Dir["**/*"].select { |path| File.file?(path) } }
end

file, source = ARGV.map { |argument| File.expand_path(argument) }
load file
formula = Object.const_get(File.basename(file, ".rb").capitalize)
problems = Fields.new(formula).problems
abort problems.map { |problem| "#{file}: #{problem}" }.join("\n") unless problems.empty?

Dir.mktmpdir { |work| puts try(formula, source, Pathname(work)).sort }
