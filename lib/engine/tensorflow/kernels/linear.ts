/**
 * The fused linear layer and its gradient.
 *
 * @module
 */
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Handle } from "../operators.ts";
import type { Info } from "../tensorflow_backend.ts";
import type { Tensors } from "../tensors.ts";

/** `LabLinear`: `[y]`, or `[y, pre]` where there is an activation. */
export const linear: Kernel = ({ inputs, attrs, backend, flow }) => {
  const { x, weight, bias } = inputs as { x: Info; weight: Info; bias?: Info };
  const shape = [x.shape[0]!, weight.shape[0]!];
  const operands = [backend.handle(x), backend.handle(weight)];
  const product = flow.call("MatMul", operands, { transpose_b: true });
  const pre = bias === undefined
    ? product
    : flow.call("BiasAdd", [product, backend.handle(bias)]);
  if (attrs.activation === "none") return [backend.adopt(pre, shape)];
  const y = attrs.activation === "gelu"
    ? flow.call("Mul", [pre, normalShare(flow, pre)])
    : flow.call("Relu", [pre]);
  return [backend.adopt(y, shape), backend.adopt(pre, shape)];
};

/** `(1 + erf(u / sqrt 2)) / 2`: the share of a normal distribution below `u`. */
function normalShare({ call, scalar }: Tensors, u: Handle): Handle {
  const erf = call("Erf", [call("Mul", [u, scalar(Math.SQRT1_2)])]);
  const half = scalar(0.5);
  return call("AddV2", [call("Mul", [erf, half]), half]);
}

/** The slope of gelu: `share(u) + u exp(-u^2 / 2) / sqrt(2 pi)`. */
function geluSlope(flow: Tensors, u: Handle): Handle {
  const { call, scalar } = flow;
  const fall = call("Mul", [call("Square", [u]), scalar(-0.5)]);
  const height = scalar(1 / Math.sqrt(2 * Math.PI));
  const density = call("Mul", [call("Exp", [fall]), height]);
  const tail = call("Mul", [u, density]);
  return call("AddV2", [normalShare(flow, u), tail]);
}

/** `LabLinearGrad`: `[dx, dweight]`, and `dbias` where there is a bias. */
export const linearGradient: Kernel = (call) => {
  const { inputs, attrs, backend, flow } = call;
  const { x, weight } = inputs as { x: Info; weight: Info };
  const du = beforeActivation(call);
  const dweight = flow.call(
    "MatMul",
    [du, backend.handle(x)],
    { transpose_a: true },
  );
  const dx = attrs.needX
    ? flow.call("MatMul", [du, backend.handle(weight)])
    : flow.scalar(0);
  const gradients = [
    backend.adopt(dx, attrs.needX ? x.shape : []),
    backend.adopt(dweight, weight.shape),
  ];
  if (!attrs.bias) return gradients;
  const dbias = flow.call("BiasAddGrad", [du]);
  return [...gradients, backend.adopt(dbias, [weight.shape[0]!])];
};

/** The gradient before the activation. */
function beforeActivation({ inputs, attrs, backend, flow }: KernelCall) {
  const dy = backend.handle(inputs.dy!);
  if (inputs.pre === undefined) return dy;
  const pre = backend.handle(inputs.pre);
  return attrs.activation === "gelu"
    ? flow.call("Mul", [dy, geluSlope(flow, pre)])
    : flow.call("ReluGrad", [dy, pre]);
}
