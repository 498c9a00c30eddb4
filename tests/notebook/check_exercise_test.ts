import { assertEquals } from "@std/assert";
import {
  checkExercise,
  type ExerciseCase,
} from "#lib/notebook/check_exercise.ts";

const told = (one: Partial<ExerciseCase>) =>
  checkExercise("Exercise 1", [{
    asks: "x",
    got: () => 1,
    expected: 2,
    ...one,
  }])
    .replace(/^\*\*Exercise 1: not yet\.\*\* For x, expected /, "");

Deno.test("checkExercise() says right only where every case is", () => {
  const right = { asks: "x", got: () => 2 + 1e-12, expected: 2 };
  assertEquals(checkExercise("Exercise 1", [right]), "**Exercise 1: right.**");
  const wrong = { asks: "y", got: () => 5, expected: 6 };
  assertEquals(
    checkExercise("Exercise 1", [right, wrong]),
    "**Exercise 1: not yet.** For y, expected 6, got 5.",
  );
});

Deno.test("checkExercise() names the known mistake", () => {
  const mistakes = [{ value: 3, says: "No." }, {
    value: 1,
    says: "That is one.",
  }];
  assertEquals(told({ mistakes }), "2, got 1. That is one.");
});

Deno.test("checkExercise() says what can be said of any other answer", () => {
  assertEquals(
    told({ got: () => undefined }),
    "2, got nothing. Does every way through it return?",
  );
  assertEquals(
    told({ got: () => NaN }),
    "2, got NaN. Somewhere 0 is divided by 0, or an undefined value takes part.",
  );
  assertEquals(
    told({ got: () => [1], expected: [1, 2] }),
    "[1, 2], got [1]. It has 1 numbers instead of 2.",
  );
  assertEquals(
    told({ got: () => new Float64Array([1, 3]), expected: [1, 2] }),
    "[1, 2], got [1, 3]. The first wrong number is at place 1.",
  );
  assertEquals(told({ got: () => "two" }), '2, got "two".');
  const thrower = () => {
    throw new RangeError("no such row");
  };
  assertEquals(
    told({ got: thrower }),
    "2, got an error (no such row). The code threw an error.",
  );
});

Deno.test("checkExercise() takes infinite answers by equality", () => {
  assertEquals(
    told({ got: () => Infinity, expected: Infinity }),
    "**Exercise 1: right.**",
  );
});
