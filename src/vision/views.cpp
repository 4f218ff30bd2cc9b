#include "vision/views.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "decode/random.h"

namespace updraft::vision {
namespace {

constexpr int side = 224;

// Uniform numbers from a..b.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  double between(double a, double b) { return a + (b - a) * random_.uniform(); }
  bool happens(double probability) { return random_.uniform() < probability; }

 private:
  decode::Random random_;
};

using Colour = std::array<double, 3>;

// White that is joined to the rim: the ground that a drawing stands on.
std::vector<bool> ground_of(const image::Picture& picture) {
  const int w = picture.width, h = picture.height;
  std::vector<bool> ground(static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
  const auto place = [w](int x, int y) {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x);
  };
  std::vector<int> open;
  const auto visit = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= w || y >= h || ground[place(x, y)]) return;
    const std::uint8_t* p = picture.pixel(x, y);
    if (std::min({p[0], p[1], p[2]}) < 253) return;
    ground[place(x, y)] = true;
    open.push_back(y * w + x);
  };
  for (int x = 0; x < w; ++x) visit(x, 0), visit(x, h - 1);
  for (int y = 0; y < h; ++y) visit(0, y), visit(w - 1, y);
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    const int x = at % w, y = at / w;
    visit(x - 1, y), visit(x + 1, y), visit(x, y - 1), visit(x, y + 1);
  }
  return ground;
}

View chances_view(const image::Picture& picture, Chance chance) {
  const std::vector<bool> ground = ground_of(picture);
  const bool coloured = chance.happens(0.5);
  Colour first, second;
  for (double& c : first) c = coloured ? chance.between(0, 255) : 255;
  for (std::size_t c = 0; c < 3; ++c) second[c] = chance.happens(0.5) ? first[c] : chance.between(0, 255);
  if (!coloured) second = first;
  const bool mirrored = chance.happens(0.5);
  const double angle = chance.between(-0.26, 0.26);  // radians, 15 degrees
  const double zoom = std::exp(chance.between(-0.25, 0.25)), stretch = std::exp(chance.between(-0.12, 0.12));
  const double dx = chance.between(-0.1, 0.1), dy = chance.between(-0.1, 0.1);
  Colour gain, lift;
  const double light = std::exp(chance.between(-0.25, 0.25)), base = chance.between(-15, 15);
  const bool grey = chance.happens(0.08);
  for (std::size_t c = 0; c < 3; ++c) {
    gain[c] = light * std::exp(chance.between(-0.12, 0.12));
    lift[c] = base + chance.between(-8, 8);
  }
  View view{side, side, std::vector<std::uint8_t>(std::size_t{side} * side * 3)};
  const double cosine = std::cos(angle), sine = std::sin(angle);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double u = ((x + 0.5) / side - 0.5) * (mirrored ? -1 : 1), v = (y + 0.5) / side - 0.5;
      const double px = ((cosine * u - sine * v) / zoom * stretch + dx + 0.5) * picture.width - 0.5;
      const double py = ((sine * u + cosine * v) / zoom / stretch + dy + 0.5) * picture.height - 0.5;
      const int x0 = static_cast<int>(std::floor(px)), y0 = static_cast<int>(std::floor(py));
      Colour sum{};
      for (int i = 0; i < 4; ++i) {
        const int xi = x0 + i % 2, yi = y0 + i / 2;
        const double weight = (i % 2 == 0 ? 1 - (px - x0) : px - x0) * (i / 2 == 0 ? 1 - (py - y0) : py - y0);
        const bool outside = xi < 0 || yi < 0 || xi >= picture.width || yi >= picture.height;
        const bool bare = outside || ground[static_cast<std::size_t>(yi) * static_cast<std::size_t>(picture.width) +
                                            static_cast<std::size_t>(xi)];
        const double down = static_cast<double>(y) / side;
        for (std::size_t c = 0; c < 3; ++c) {
          sum[c] += weight * (bare ? first[c] + (second[c] - first[c]) * down : picture.pixel(xi, yi)[c]);
        }
      }
      if (grey) sum.fill((sum[0] + sum[1] + sum[2]) / 3);
      for (std::size_t c = 0; c < 3; ++c) {
        const double value = std::clamp(sum[c] * gain[c] + lift[c], 0.0, 255.0);
        view.rgb[(static_cast<std::size_t>(y) * side + static_cast<std::size_t>(x)) * 3 + c] =
            static_cast<std::uint8_t>(std::lround(value));
      }
    }
  }
  return view;
}

}  // namespace

View view_of(const image::Picture& picture, int view, std::uint64_t seed) {
  if (view > 1) return chances_view(picture, Chance(seed * 64 + static_cast<std::uint64_t>(view)));
  View out{picture.width, picture.height, picture.rgb};
  if (view == 1) {
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        std::copy_n(picture.pixel(picture.width - 1 - x, y), 3,
                    out.rgb.data() + (picture.pixel(x, y) - picture.rgb.data()));
      }
    }
  }
  return out;
}

}  // namespace updraft::vision
