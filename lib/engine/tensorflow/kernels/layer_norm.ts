/**
 * The fused layer norm with residual and its gradient.
 *
 * @module
 */
import type { Kernel } from "../kernel.ts";
import type { Handle } from "../operators.ts";
import type { Info } from "../tensorflow_backend.ts";
import type { Tensors } from "../tensors.ts";

/** The mean of each row, `[rows, 1]`. */
function rowMean({ call, whole }: Tensors, x: Handle): Handle {
  return call("Mean", [x, whole([1])], { keep_dims: true });
}

/**
 * `LabLayerNorm`: `[y, normalised, inverse]`: besides the result the rows before
 * gain and bias, and the inverse deviations, `[rows, 1]`.
 */
export const layerNorm: Kernel = ({ inputs, attrs, backend, flow }) => {
  const { call } = flow;
  const { x, gain, bias, residual } = inputs as Record<string, Info>;
  const [rows, n] = x!.shape as [number, number];
  const sum = residual === undefined
    ? backend.handle(x!)
    : call("AddV2", [backend.handle(x!), backend.handle(residual)]);
  const centred = call("Sub", [sum, rowMean(flow, sum)]);
  const variance = rowMean(flow, call("Square", [centred]));
  const bounded = call("AddV2", [variance, flow.scalar(attrs.epsilon)]);
  const inverse = call("Rsqrt", [bounded]);
  const normalised = call("Mul", [centred, inverse]);
  const scaled = call("Mul", [normalised, backend.handle(gain!)]);
  const y = call("AddV2", [scaled, backend.handle(bias!)]);
  return [
    backend.adopt(y, [rows, n]),
    backend.adopt(normalised, [rows, n]),
    backend.adopt(inverse, [rows, 1]),
  ];
};

/** `LabLayerNormGrad`: `[dx, dgain, dbias]`. */
export const layerNormGradient: Kernel = ({ inputs, backend, flow }) => {
  const { call } = flow;
  const [dy, normalised, inverse, gain] = [
    "dy",
    "normalised",
    "inverseDeviation",
    "gain",
  ].map((name) => backend.handle(inputs[name]!)) as [
    Handle,
    Handle,
    Handle,
    Handle,
  ];
  const [rows, n] = inputs.dy!.shape as [number, number];
  const first = flow.whole([0]);
  const dgain = call("Sum", [call("Mul", [dy, normalised]), first]);
  const dbias = call("Sum", [dy, first]);
  const g = call("Mul", [dy, gain]);
  const along = rowMean(flow, call("Mul", [g, normalised]));
  const centred = call("Sub", [g, rowMean(flow, g)]);
  const across = call("Sub", [centred, call("Mul", [normalised, along])]);
  return [
    backend.adopt(call("Mul", [across, inverse]), [rows, n]),
    backend.adopt(dgain, [n]),
    backend.adopt(dbias, [n]),
  ];
};
