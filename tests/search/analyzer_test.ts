import { assertEquals } from "@std/assert";
import { whitespaceTokens } from "#lib/search/analyzer.ts";
import {
  ENGLISH_STOPWORDS,
  englishAnalyzer,
} from "#lib/search/english_analyzer.ts";
import {
  bigramAnalyzer,
  segmentAnalyzer,
} from "#lib/search/segment_analyzer.ts";

Deno.test("englishAnalyzer() cuts, lowers, drops and stems when given a sentence", () => {
  const tokens = englishAnalyzer();
  assertEquals(tokens("The relational databases were connected to it."), [
    "relat",
    "databas",
    "were",
    "connect",
  ]);
});

Deno.test("englishAnalyzer() gives Porter's stems for the words of his paper", () => {
  const tokens = englishAnalyzer({ stopwords: [] });
  const stems = {
    caresses: "caress",
    ponies: "poni",
    ties: "ti",
    cats: "cat",
    feed: "feed",
    agreed: "agre",
    plastered: "plaster",
    motoring: "motor",
    sing: "sing",
    conflated: "conflat",
    troubled: "troubl",
    sized: "size",
    hopping: "hop",
    falling: "fall",
    hissing: "hiss",
    fizzed: "fizz",
    filing: "file",
    happy: "happi",
    sky: "sky",
    vietnamization: "vietnam",
    formaliti: "formal",
    electrical: "electr",
    hopefulness: "hope",
    adjustment: "adjust",
    effective: "effect",
    controlling: "control",
    rolling: "roll",
    generalizations: "gener",
    oscillators: "oscil",
  };
  for (const [word, stem] of Object.entries(stems)) {
    assertEquals(tokens(word), [stem], word);
  }
});

Deno.test("englishAnalyzer() joins and parts words as Unicode's rules do", () => {
  const words = englishAnalyzer({ stopwords: [], stem: false });
  const cases = [
    ["IL-6 and TNF-α", ["il", "6", "and", "tnf", "α"]],
    ["3.5, 1,000; 2.", ["3.5", "1,000", "2"]],
    ["don't stop; U.S.A.", ["don't", "stop", "u.s.a"]],
    ["the dog’s and dogs'", ["the", "dog", "and", "dogs"]],
    ["snake_case x.", ["snake_case", "x"]],
    ["ﬁne Ｆｕｌｌ naïve", ["fine", "full", "naïve"]],
    ["...!?  ", []],
    ["", []],
  ] as const;
  for (const [text, expected] of cases) {
    assertEquals(words(text), [...expected], text);
  }
});

Deno.test("englishAnalyzer() drops the words it is told to, before stemming", () => {
  assertEquals(ENGLISH_STOPWORDS.length, 33);
  const tokens = englishAnalyzer({ stopwords: ["runs"] });
  assertEquals(tokens("the runs run"), ["the", "run"]);
});

Deno.test("segmentAnalyzer() finds Japanese words, one form and lower case", () => {
  const tokens = segmentAnalyzer();
  assertEquals(tokens("東京の天気、Ｔｏｋｙｏ ﾆｭｰｽ！"), [
    "東京",
    "の",
    "天気",
    "tokyo",
    "ニュース",
  ]);
  assertEquals(tokens("  。！ "), []);
});

Deno.test("bigramAnalyzer() pairs unspaced scripts, keeps words, and splits where scripts meet", () => {
  const tokens = bigramAnalyzer();
  const cases = [
    ["東京都", ["東京", "京都"]],
    ["雨", ["雨"]],
    ["Deno入門2版", ["deno", "入門", "2", "版"]],
    ["東京、大阪", ["東京", "大阪"]],
    ["データー", ["デー", "ータ", "ター"]],
    ["𠮷野家", ["𠮷野", "野家"]],
    ["naïve café", ["naïve", "café"]],
    ["", []],
  ] as const;
  for (const [text, expected] of cases) {
    assertEquals(tokens(text), [...expected], text);
  }
});

Deno.test("whitespaceTokens() leaves tokens as they are", () => {
  assertEquals(whitespaceTokens("\n The  THE\tthe. "), ["The", "THE", "the."]);
  assertEquals(whitespaceTokens("  "), []);
});
