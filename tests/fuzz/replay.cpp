// Runs a fuzz target for compilers without libFuzzer: over the files of a directory, and then over mutations of them,
// the same ones each time. KPI_FUZZ_RUNS says how many.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// The name and the type are libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kMostBytes = 16'384;
constexpr const char* kLast = "fuzz_last_input";

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    for (std::size_t count = 1 + below(6); count > 0; --count) {
      change(text);
    }
    text.resize(std::min(text.size(), kMostBytes));
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& text) {
    static constexpr std::string_view kWords[] = {"\n",         "  ",
                                                  "- ",         ": ",
                                                  "{",          "}",
                                                  "[",          "]",
                                                  "\"",         "'",
                                                  "\xff",       "\xc3",
                                                  "NaN",        "-0",
                                                  "1e999",      "99999999999999999999",
                                                  "0",          "null",
                                                  "\t",         "&a *a",
                                                  "2026-02-30", "24:00",
                                                  "%",          "(",
                                                  ")",          "#",
                                                  "\r",         "\\u0000",
                                                  "é",          "\xf0\x9f\x98\x80"};
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        text.insert(at, kWords[below(std::size(kWords))]);
        break;
      case 1:
        text.erase(at, 1 + below(20));
        break;
      case 2:
        if (at < text.size()) {
          text[at] = static_cast<char>(below(256));
        }
        break;
      case 3: {  // a piece of another seed
        const std::string& other = seeds_[below(seeds_.size())];
        text.insert(at, other, below(other.size()), 1 + below(80));
        break;
      }
      default:
        text.insert(at, text.substr(below(text.size()), 1 + below(40)));
    }
  }

  const std::vector<std::string>& seeds_;
  std::mt19937 random_{20260331};  // NOLINT(bugprone-random-generator-seed): the same each time
};

void mutate(const std::vector<std::string>& seeds) {
  const char* wanted = std::getenv("KPI_FUZZ_RUNS");  // NOLINT(concurrency-mt-unsafe): there is one thread
  const long runs = wanted == nullptr ? 300 : std::strtol(wanted, nullptr, 10);
  Mutator mutator(seeds);
  for (long done = 0; done < runs; ++done) {
    const std::string bytes = mutator.next();
    std::ofstream(kLast, std::ios::binary) << bytes;  // it stays when this one crashes
    run(bytes);
  }
  std::filesystem::remove(kLast);
  std::printf("%ld mutations\n", runs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fputs("usage: a directory of inputs\n", stderr);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> seeds;
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>{});
    std::printf("%s\n", path.filename().c_str());
    std::fflush(stdout);  // the last name printed is the input that crashed
    run(seeds.back());
  }
  std::printf("%zu inputs\n", seeds.size());
  if (seeds.empty()) {
    return 1;
  }
  mutate(seeds);
  return 0;
}
