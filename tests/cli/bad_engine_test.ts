import "#tests/support/permitted.ts";
import { asFlags } from "#tests/support/run_task.ts";
import { withTinyFiles } from "#tests/train/tiny_training.ts";
import { assertMatch } from "@std/assert";
import { refusalOf } from "./refusal.ts";

/** Engines whose library is the user's, the variable that names it, and a file's name. */
const ENGINES = [
  ["torch", "LIBTORCH", "libtorch_cpu", ["so", "dylib"]],
  ["tensorflow", "LIBTENSORFLOW", "libtensorflow_cc", ["so.2", "2.dylib"]],
] as const;

/** What `train` says to an engine whose library a variable names. */
async function refusalWith(
  engine: string,
  variable: string,
  folder: string,
): Promise<string> {
  const before = Deno.env.get(variable);
  Deno.env.set(variable, folder);
  try {
    let message = "";
    await withTinyFiles(async ({ root, model, data }) => {
      const words = asFlags({ model, data, engine, out: `${root}/run` });
      ({ message } = await refusalOf(words));
    });
    return message;
  } finally {
    if (before === undefined) Deno.env.delete(variable);
    else Deno.env.set(variable, before);
  }
}

for (const [engine, variable, file, ends] of ENGINES) {
  Deno.test(`train says in one line that ${variable} points nowhere`, async () => {
    assertMatch(
      await refusalWith(engine, variable, "/nowhere"),
      new RegExp(
        `^Cannot use engine ${engine}: .*run \`deno task engine install ${engine}\`, or name .* in ${variable}\\), got none: ${variable}: no ${file}\\.\\S+ in /nowhere, `,
      ),
    );
  });

  Deno.test(`train says in one line that what ${variable} names is no library`, async () => {
    const folder = await Deno.makeTempDir();
    for (const end of ends) {
      await Deno.writeTextFile(`${folder}/${file}.${end}`, "no library");
    }
    assertMatch(
      await refusalWith(engine, variable, folder),
      new RegExp(
        `^Cannot use engine ${engine}: .*expected a loadable .*run \`deno task engine install ${engine}\`.*, got Could not open library: .*${folder}/${file}`,
      ),
    );
  });
}
