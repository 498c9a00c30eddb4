/**
 * TensorFlow's variables, for its operations that change numbers in place.
 *
 * @module
 */
import { ELEMENT, type Handle } from "./operators.ts";
import type { Tensors } from "./tensors.ts";

/** A place for a tensor that an operation changes. */
export interface Variable {
  /** What operations know it by. */
  readonly resource: Handle;
  /**
   * Puts numbers into it. Where nobody else has them, operations change them in place;
   * else TensorFlow copies them first.
   */
  readonly fill: (numbers: Handle) => void;
  /** Takes the numbers out. */
  readonly empty: () => Handle;
}

/** The variables of each TensorFlow; it has one. */
const made = new WeakMap<Tensors, Variable[]>();

/**
 * Variables of 32-bit floats of any shape, made once: whoever fills some empties them.
 *
 * @param flow TensorFlow.
 * @param count How many.
 * @returns The variables, always the same.
 */
export function variablesOf(flow: Tensors, count: number): Variable[] {
  const known = made.get(flow) ?? [];
  made.set(flow, known);
  while (known.length < count) known.push(variable(flow, known.length));
  return known.slice(0, count);
}

/** One variable. */
function variable(flow: Tensors, number: number): Variable {
  const { call, callMany } = flow;
  const dtype = { type: ELEMENT.float32 };
  const name = { text: `lab ${number}` };
  const resource = flow.forGood(() =>
    call("VarHandleOp", [], { dtype, shape: "any shape", shared_name: name })
  );
  const fill = (numbers: Handle) =>
    void callMany("AssignVariableOp", [resource, numbers], {}, 0);
  return {
    resource,
    fill,
    empty() {
      const numbers = call("ReadVariableOp", [resource], { dtype });
      fill(flow.scalar(0));
      return numbers;
    },
  };
}
