#include "catalogue/vectors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <set>

#include "catalogue/dot.h"
#include "files/test_folder.h"

namespace updraft::catalogue {
namespace {

constexpr int dimension = 32;

std::vector<float> random_point(std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> point(dimension);
  for (float& x : point) x = normal(random);
  return point;
}

Vectors random_vectors(std::size_t n, unsigned seed = 1) {
  std::mt19937 random(seed);
  Vectors vectors = Vectors::make(dimension);
  for (std::size_t i = 0; i < n; ++i) {
    const auto done = vectors.add(static_cast<Row>(2 * i + 1), random_point(random));
    if (!done) ADD_FAILURE() << done.error().message;
  }
  return vectors;
}

std::vector<Row> rows_of(const std::vector<Neighbour>& found) {
  std::vector<Row> rows;
  for (const Neighbour& neighbour : found) rows.push_back(neighbour.row);
  return rows;
}

// How many of the true k nearest are found, on average.
double recall(const Vectors& vectors, std::size_t k) {
  std::mt19937 random(99);
  double found = 0;
  constexpr int queries = 20;
  for (int q = 0; q < queries; ++q) {
    const auto point = random_point(random);
    const auto exact = rows_of(vectors.nearest_exact(point, k)), near = rows_of(vectors.nearest(point, k));
    const std::set<Row> truth(exact.begin(), exact.end());
    for (const Row row : near) found += truth.contains(row) ? 1 : 0;
  }
  return found / static_cast<double>(queries * k);
}

std::vector<std::byte> bytes_of(const Vectors& vectors) {
  const files::test::Folder folder;
  const auto saved = vectors.save(folder / "points");
  if (!saved) ADD_FAILURE() << saved.error().message;
  const std::string text = folder.read("points");
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

TEST(Dot, IsThatOfThePlainTwin) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> values(-127, 127);
  for (const int n : {32, 64, 384, 4096}) {
    std::vector<std::int8_t> a(static_cast<std::size_t>(n)), b(a.size());
    for (auto* x : {&a, &b}) {
      for (std::int8_t& value : *x) value = static_cast<std::int8_t>(values(random));
    }
    EXPECT_EQ(best_dot()(a.data(), b.data(), n), dot_portable(a.data(), b.data(), n));
  }
}

TEST(Vectors, FindAPointByItself) {
  std::mt19937 random(5);
  Vectors vectors = Vectors::make(dimension);
  std::vector<std::vector<float>> points;
  for (Row row = 1; row <= 300; ++row) {
    points.push_back(random_point(random));
    ASSERT_TRUE(vectors.add(row, points.back()));
  }
  for (Row row = 1; row <= 300; ++row) {
    const auto found = vectors.nearest(points[static_cast<std::size_t>(row - 1)], 1);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].row, row);
    EXPECT_NEAR(found[0].cosine, 1, 2e-3);
  }
}

TEST(Vectors, FindNearlyAllOfTheNearest) {
  const Vectors vectors = random_vectors(3000);
  EXPECT_GE(recall(vectors, 10), 0.95);
  EXPECT_EQ(vectors.nearest_exact(std::vector<float>(dimension, 1), 5000).size(), 3000U);
}

TEST(Vectors, DoNotFindWhatWasRemoved) {
  Vectors vectors = random_vectors(400);
  for (Row row = 1; row < 400; row += 4) vectors.remove(row);
  vectors.remove(2);  // there never was one
  EXPECT_EQ(vectors.size(), 300U);
  std::mt19937 random(1);
  for (int q = 0; q < 50; ++q) {
    for (const Neighbour& found : vectors.nearest(random_point(random), 20)) {
      EXPECT_FALSE(found.row % 4 == 1 && found.row < 400) << found.row;
    }
  }
  std::vector<float> point(dimension);
  EXPECT_FALSE(vectors.point(1, point));
  EXPECT_TRUE(vectors.point(3, point));
}

TEST(Vectors, AreRebuiltWithoutWhatWasRemoved) {
  Vectors vectors = random_vectors(600);
  EXPECT_FALSE(vectors.needs_rebuilding());
  for (Row row = 1; row < 600; row += 2) vectors.remove(row);
  EXPECT_TRUE(vectors.needs_rebuilding());
  const auto fresh = vectors.rebuilt();
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(fresh->size(), vectors.size());
  EXPECT_FALSE(fresh->needs_rebuilding());
  std::mt19937 random(8);
  const auto point = random_point(random);
  EXPECT_EQ(rows_of(fresh->nearest_exact(point, 20)), rows_of(vectors.nearest_exact(point, 20)));
}

TEST(Vectors, FindTheNearestOfThoseThatAreAllowed) {
  const Vectors vectors = random_vectors(500);
  std::vector<Row> allowed;
  for (Row row = 1; row < 1000; row += 10) allowed.push_back(row);
  std::mt19937 random(2);
  const auto point = random_point(random);
  const auto found = rows_of(vectors.nearest_of(point, 20, allowed));
  std::vector<Row> truth;
  for (const Row row : rows_of(vectors.nearest_exact(point, 500))) {
    if (row % 10 == 1 && truth.size() < 20) truth.push_back(row);
  }
  EXPECT_EQ(found, truth);
  EXPECT_TRUE(vectors.nearest_of(point, 20, {}).empty());
}

TEST(Vectors, RefuseWhatIsNoPoint) {
  Vectors vectors = Vectors::make(dimension);
  std::vector<float> point(dimension, 1);
  ASSERT_TRUE(vectors.add(5, point));
  EXPECT_FALSE(vectors.add(5, point));
  EXPECT_FALSE(vectors.add(4, point));
  EXPECT_FALSE(vectors.add(6, std::vector<float>(dimension, 0)));
  EXPECT_FALSE(vectors.add(6, std::vector<float>(dimension + 1, 1)));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    point[3] = bad;
    EXPECT_FALSE(vectors.add(6, point));
    EXPECT_TRUE(vectors.nearest(point, 3).empty());
  }
  EXPECT_EQ(vectors.size(), 1U);
}

TEST(Vectors, ComeBackFromTheirFileAndGrow) {
  Vectors vectors = random_vectors(1500);
  for (Row row = 1; row < 100; row += 2) vectors.remove(row);
  auto loaded = Vectors::parse(bytes_of(vectors));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->size(), vectors.size());
  std::mt19937 random(4);
  const auto point = random_point(random);
  EXPECT_EQ(rows_of(loaded->nearest(point, 50)), rows_of(vectors.nearest(point, 50)));
  for (Row row = 10'000; row < 11'000; ++row) ASSERT_TRUE(loaded->add(row, random_point(random)));
  EXPECT_EQ(loaded->size(), vectors.size() + 1000);
  EXPECT_GE(recall(*loaded, 10), 0.95);
}

TEST(Vectors, ComeBackWhenThereAreNone) {
  auto loaded = Vectors::parse(bytes_of(Vectors::make(dimension)));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->size(), 0U);
  EXPECT_TRUE(loaded->nearest(std::vector<float>(dimension, 1), 5).empty());
}

TEST(VectorsFile, IsRefusedWhenItIsCutOrDamaged) {
  const auto bytes = bytes_of(random_vectors(60));
  for (std::size_t n = 0; n < bytes.size(); n += 7) {
    const std::vector<std::byte> beginning(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_FALSE(Vectors::parse(beginning)) << n;
  }
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    auto damaged = bytes;
    damaged[n] ^= std::byte{0x41};
    EXPECT_FALSE(Vectors::parse(damaged)) << n;
  }
}

}  // namespace
}  // namespace updraft::catalogue
