import { type EngineName, useEngine } from "#lib/engine/use_engine.ts";

/**
 * Puts an engine in use, or prints why it cannot be judged here: libtorch, TensorFlow
 * and a graphics driver are no dependencies of the lab.
 *
 * @param engine The engine.
 * @returns Whether it is in use.
 */
export async function isPresent(engine: EngineName): Promise<boolean> {
  try {
    await useEngine(engine);
    return true;
  } catch (error) {
    console.log(`not judged: ${(error as Error).message}`);
    return false;
  }
}
