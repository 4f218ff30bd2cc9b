// What is written in a picture. Tesseract reads it, by its program in a process of its own (see process.h): it can be
// ended when time is over, what is wrong with it stays there, and its libraries load when there is something to read.
#pragma once

#include <cstddef>
#include <string>

#include "image/picture.h"
#include "updraft/result.h"

namespace updraft::image {

struct OcrLimits {
  double seconds = 4;             // of work, on a machine that does nothing else; one picture takes 0.3 to 1
  std::size_t text_bytes = 2000;  // of the answer
};

struct WrittenText {
  std::string text;       // valid UTF-8, one line a line, words a space apart; empty: nothing is written there
  double confidence = 0;  // 0..1, the mean of its words'
};

// English, any of the four orientations. Words that Tesseract is not sure of are left out: of a picture without text it
// reads scraps. Best on a picture that was decoded with a side of some 2,000 pixels.
//
// Errors: unsupported (tesseract is not installed), cancelled (out of time), io.
[[nodiscard]] Result<WrittenText> read_text(const Picture& picture, const OcrLimits& limits = {});

// Of Tesseract's table of words (its format "tsv"), whatever is in it.
[[nodiscard]] WrittenText text_of_table(std::string_view table, std::size_t max_bytes);

}  // namespace updraft::image
