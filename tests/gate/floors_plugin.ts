/**
 * The rules of the house that `deno lint` enforces at the line that breaks
 * them: which floor may import which, and what each floor may touch.
 *
 * @module
 */

/** The floors of `lib`, left to right: a file imports from its own and from those before it. */
export const FLOORS: readonly string[] = [
  ..."num engine text encoder score loss optim average eval".split(" "),
  ..."store dataset search teach train paper report notebook cli".split(" "),
];

/** Floors up to and including this one own no file, clock, console, network or global randomness. */
const LAST_PURE_FLOOR = FLOORS.indexOf("eval");
const IMPURE_GLOBALS = new Set(
  "Deno Date performance fetch console process crypto WebSocket globalThis setTimeout"
    .split(" "),
);

/** Where in `lib` a file stands: its floor and its path below the floor. */
interface Place {
  readonly floor: string;
  readonly path: string;
}

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    floors: { create: floors },
    pure: { create: pure },
    tensor: { create: tensor },
    errors: { create: errors },
    defaults: { create: defaults },
  },
};
export default plugin;

/** Imports go to the left, never to `mod.ts` and never out of `lib`. */
function floors(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const from = placeOf(context.filename);
  if (!from) return {};
  return onImport((node, target) => {
    const message = wrongImport(from, target, context.filename);
    if (message) context.report({ node, message });
  });
}

function wrongImport(
  from: Place,
  target: string,
  filename: string,
): string | undefined {
  if (target === "#lib/mod.ts" || /^(\.\.?\/)+mod\.ts$/.test(target)) {
    return "Cannot import mod.ts inside lib: expected the file that defines the name";
  }
  if (target.startsWith("#lib/")) {
    return "Cannot import by alias inside lib: expected a relative path";
  }
  if (target.startsWith("#tests/") || target === "@std/assert") {
    return "Cannot import tests from lib";
  }
  if (!target.startsWith(".")) return undefined;
  const to = placeOf(new URL(target, `file://${filename}`).pathname);
  if (!to) {
    return `Cannot import ${target}: expected a file of lib, got one outside it`;
  }
  if (FLOORS.indexOf(to.floor) <= FLOORS.indexOf(from.floor)) return undefined;
  return `Cannot import floor "${to.floor}" from "${from.floor}": expected a floor to the left or its own`;
}

/** Floors `num` to `eval` touch no outer world; only named files of `engine` may use Deno. */
function pure(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (
    !place || FLOORS.indexOf(place.floor) > LAST_PURE_FLOOR || mayUseDeno(place)
  ) return {};
  const floor = place.floor;
  const imports = onImport((node, target) => {
    if (!target.startsWith("node:")) return;
    context.report({
      node,
      message:
        `Cannot import ${target} in floor "${floor}": expected no outer world there`,
    });
  });
  return {
    ...imports,
    Identifier(node) {
      if (!IMPURE_GLOBALS.has(node.name) || isPropertyName(node)) return;
      context.report({
        node,
        message:
          `Cannot use ${node.name} in floor "${floor}": expected it as an argument`,
      });
    },
    MemberExpression(node) {
      if (!isMember(node, "Math", "random")) return;
      context.report({
        node,
        message:
          `Cannot use Math.random in floor "${floor}": expected a named stream`,
      });
    },
  };
}

/** The files of `engine` that open libraries or read an engine's own files. */
function mayUseDeno({ floor, path }: Place): boolean {
  return floor === "engine" &&
    (path === "foreign.ts" || path === "installation.ts" ||
      /^[a-z]+\/(library|find_library|files)\.ts$/.test(path));
}

/** TensorFlow.js enters through one file, so that its version and its quirks have one place. */
function tensor(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (!place) return {};
  return onImport((node, target) => {
    if (!target.replace(/^npm:\/?/, "").startsWith("@tensorflow/")) return;
    if (place.floor === "engine" && place.path === "tensor.ts") return;
    const isOwnBackend = ["wasm", "webgpu"].some((engine) =>
      place.path.startsWith(`${engine}/`) &&
      target.includes(`backend-${engine}`)
    );
    if (place.floor === "engine" && isOwnBackend) return;
    context.report({
      node,
      message: `Cannot import ${target} here: expected engine/tensor.ts`,
    });
  });
}

/** Errors say their kind: never a bare `Error`, never a thrown text. */
function errors(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  if (!placeOf(context.filename)) return {};
  const message =
    "Cannot throw a bare Error: expected ShapeError, RangeError, SyntaxError or another class by meaning";
  return {
    NewExpression(node) {
      if (isNamed(node.callee, "Error")) context.report({ node, message });
    },
    CallExpression(node) {
      if (isNamed(node.callee, "Error")) context.report({ node, message });
    },
    ThrowStatement(node) {
      if (
        node.argument.type === "Literal" ||
        node.argument.type === "TemplateLiteral"
      ) {
        context.report({ node, message });
      }
    },
  };
}

/** A default by `||` turns a legal 0 or empty text that was given into something else. */
function defaults(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  if (!placeOf(context.filename)) return {};
  return {
    LogicalExpression(node) {
      const { left, operator, right } = node;
      const isGiven = left.type === "Identifier" ||
        left.type === "MemberExpression";
      const isLiteral = right.type === "Literal" &&
        typeof right.value !== "boolean";
      if (operator !== "||" || !isGiven || !isLiteral) return;
      const message =
        "Cannot give a default by ||: expected = in the destructuring, or ??";
      context.report({ node, message });
    },
  };
}

function placeOf(filename: string): Place | undefined {
  const parts = filename.replaceAll("\\", "/").split("/");
  const lib = parts.lastIndexOf("lib");
  const floor = parts[lib + 1];
  if (lib < 0 || floor === undefined || !FLOORS.includes(floor)) {
    return undefined;
  }
  return { floor, path: parts.slice(lib + 2).join("/") };
}

type ImportSite =
  | Deno.lint.ImportDeclaration
  | Deno.lint.ExportNamedDeclaration
  | Deno.lint.ExportAllDeclaration
  | Deno.lint.ImportExpression;

/** Calls back for every module that a file names as a literal: imports, re-exports, dynamic imports. */
function onImport(
  found: (node: ImportSite, target: string) => void,
): Deno.lint.LintVisitor {
  const visit = (node: ImportSite) => {
    const source = node.source;
    if (source?.type === "Literal" && typeof source.value === "string") {
      found(node, source.value);
    }
  };
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
  };
}

function isNamed(node: Deno.lint.Node, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

function isMember(
  node: Deno.lint.MemberExpression,
  object: string,
  property: string,
): boolean {
  return isNamed(node.object, object) && isNamed(node.property, property);
}

/** Tells whether an identifier only names a property, a key or a type, and reads no global. */
function isPropertyName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  if (parent.type === "MemberExpression") {
    return parent.property === node && !parent.computed;
  }
  if (parent.type === "Property") {
    return parent.key === node && parent.value !== node;
  }
  return parent.type === "TSPropertySignature" ||
    parent.type === "TSTypeReference";
}
