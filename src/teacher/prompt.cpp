#include "teacher/prompt.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "corpus/rules.h"

namespace updraft::teacher {
namespace {

template <class List>
std::string joined(const List& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : ", ") + std::string(item);
  return text;
}

std::string task_rule(Task task, std::string_view rule) {
  const WordRange words = trained_words(task);
  return "- " + std::string(name(task)) + ": a list of " + std::to_string(asked_prompts(task)) + " strings, each of " +
         std::to_string(words.min) + " to " + std::to_string(words.max) + " words. " + std::string(rule) + '\n';
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::size_t asked_prompts(Task task) { return task == Task::query || task == Task::related ? 4 : 3; }

std::string_view example_record() {
  return R"({"intent":"birdhouse building workshop for kids","category":"family_kids",)"
         R"("facets":{"occasion":"workshop","subject":"birdhouse building","audience":"kids"},)"
         R"("raw":[{"text":"flyer for birdhouse workshp, kids 6 to 10","goal":"template"},)"
         R"({"text":"what else do i need for a saturday where children build nest boxes","goal":"recommend"}],)"
         R"("query":["kids building birdhouse","wooden nest box craft kit","child hammering nail workshop photo","birdhouse clip art bright"],)"
         R"("related":["junior tool belt","bird feeder recipe card","backyard bird spotting chart","certificate for young makers"],)"
         R"("template":["Kids birdhouse workshop flyer on pine texture",)"
         R"("Saturday workshop poster with a cutaway birdhouse drawing, numbered parts and a sign-up strip",)"
         R"("Tall birdhouse workshop invitation for children, sky blue ground, three painted nest boxes on a branch, chunky rounded title, date in a leaf and a packing list below"],)"
         R"("image":["Small hands sanding the roof of a birdhouse, sawdust in window light",)"
         R"("Two children of about eight paint a crooked birdhouse in stripes of teal and coral at a garage workbench, seen over their shoulders, soft overcast daylight",)"
         R"("A long table under an apple tree where five kids build birdhouses, wood glue and brass nails in jam jars, a girl in safety goggles holding up her finished box with pride, a grandfather steadying a saw in the background, late afternoon sun through the leaves, shallow depth of field, warm documentary photograph in honey, moss green and denim blue"]})";
}

std::string record_rules() {
  std::string text =
      "You are an art director and search expert who writes training data for a small model that turns what a person "
      "wants "
      "into prompts. For the intent that you are given, answer with one JSON object and nothing else. Its members:\n"
      "- intent: the intent, exactly as given.\n"
      "- category: one of " +
      joined(corpus::categories) +
      ".\n"
      "- facets: an object that holds only what the intent says or clearly implies, of " +
      joined(corpus::facets) +
      ". colors is a list of strings, each other a short string. Leave out what is not said.\n"
      "- raw: a list of " +
      std::to_string(asked_utterances) +
      " objects {\"text\", \"goal\"}: how two different people would type this want into a box, casual, one with a "
      "typo or slang "
      "perhaps, never polished. goal is what they are after: " +
      joined(corpus::goals) + ".\n" +
      task_rule(
          Task::query,
          "What to type into the search of a stock, template or shop catalogue. Concrete things that can be found; "
          "each from another angle: subject, style, use, detail.") +
      task_rule(Task::related, "What the same person would want next or beside it. Never the intent in other words.") +
      task_rule(Task::template_,
                "Briefs for a designer: format, layout, lettering, colour, the main element. One of 5 to 10 words, one "
                "of 11 to "
                "18, one of 20 to 30.") +
      task_rule(Task::image,
                "Descriptions for an image generator. One of 8 to 15 words, one of 18 to 32, one of 40 to 68. The long "
                "one is a "
                "whole picture: subject, place, light, viewpoint or lens, medium, palette, mood, in flowing phrases.") +
      "Rules:\n"
      "- What the intent states holds in every query, template and image: colours, counts, negations (\"no people\" "
      "means that "
      "nobody is in the picture), audience, format, language, occasion.\n"
      "- Name the subject itself in nearly every prompt. Do not drift to something that is only near it.\n"
      "- The prompts of a list differ in scene, angle, style or use, not in a word. Begin each with another word.\n"
      "- Plain, exact words that a professional would use; real materials, real places, real light. No lists of "
      "adjectives, no "
      "filler such as \"stunning\", \"masterpiece\" or \"8k\".\n"
      "- No brands, no living persons, no characters under copyright, nothing hurtful.\n"
      "- Plain ASCII punctuation, no dashes longer than a hyphen, no emoji, no markup. No full stop at the end of a "
      "prompt. End "
      "with a whole phrase.\n"
      "- Count the words before you answer.\n"
      "An example of a good answer:\n";
  text += example_record();
  return text;
}

std::string ask_for_record(std::string_view intent, std::string_view category) {
  std::string text = "Intent: " + json_string(intent);
  if (!category.empty()) text += "\nCategory: " + std::string(category);
  return text + "\nAnswer with the JSON object alone.";
}

std::string ask_for_repair(std::span<const corpus::Finding> findings) {
  constexpr std::size_t most = 20;
  std::string text = "This answer breaks rules:\n";
  for (const corpus::Finding& finding : findings.first(std::min(findings.size(), most))) {
    text += "- " + finding.kind + ": " + json_string(finding.text) + ": " + finding.why + '\n';
  }
  return text +
         "Write the whole JSON object again with these repaired and the rest as it was. Answer with the JSON object "
         "alone.";
}

std::string intent_rules() {
  return "You think of what people come to a creative marketplace for: pictures, templates, clip art, mock-ups, "
         "prints, gifts. "
         "You are given a category and answer with one JSON object {\"intents\": [...]} and nothing else.\n"
         "An intent is a short phrase of 2 to 8 words, lower case but for names, that says what somebody wants: a "
         "thing, an "
         "occasion, a format, a look, for somebody. Some are plain (\"taco truck menu\"), some carry a constraint "
         "(\"desk photo "
         "without people\", \"three kittens in a basket\", \"save the date in sage green\"), some a special audience "
         "or trade.\n"
         "Go wide: everyday and rare, work and home, many cultures and seasons, no two alike. No brands, no living "
         "persons, "
         "nothing hurtful.";
}

std::string ask_for_intents(std::size_t count, std::string_view category, std::span<const std::string> known) {
  std::string text = "Category: " + std::string(category) + "\nGive " + std::to_string(count) + " new intents.";
  if (!known.empty()) {
    text += "\nThese are there already, give none that is like one of them:";
    for (const std::string& intent : known) text += "\n- " + json_string(intent);
  }
  return text;
}

}  // namespace updraft::teacher
