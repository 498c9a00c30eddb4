/**
 * Prints the path of this Deno, so that a task can allow it, and nothing else,
 * to be started by tests.
 *
 * @module
 */
console.log(Deno.execPath());
