/**
 * The fused layer norm with residual and its gradient; statistics in 32 bits.
 *
 * @module
 */
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Info } from "../torch_backend.ts";

/** A gain or bias as the device's kernel wants it: CUDA's wants the kind of `x`. */
function vector({ backend, torch }: KernelCall, info: Info): Handle {
  return torch.isCuda
    ? backend.asStored(backend.weight(info))
    : backend.floats(info);
}

/**
 * `LabLayerNorm`: `[y, s, statistics]`: of the sum `s` of `x` and residual, the
 * means of all rows, then the inverse deviations, `[2, rows]`.
 */
export const layerNorm: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const { x, gain, bias, residual } = inputs as Record<string, Info>;
  const [rows, n] = x!.shape as [number, number];
  const s = backend.stored(x!);
  const sum = residual === undefined
    ? s
    : torch.add(s, backend.stored(residual));
  const [y, mean, inverse] = torch.callMany("aten::native_layer_norm", [
    sum,
    [n],
    { some: vector(call, gain!) },
    { some: vector(call, bias!) },
    { float: attrs.epsilon },
  ], 3) as [Handle, Handle, Handle];
  const statistics = torch.call(
    "aten::stack",
    { tensors: [mean, inverse].map((one) => torch.as(one, ELEMENT.float32)) },
    { int: 0 },
  );
  return [
    backend.adopt(y, [rows, n]),
    backend.adopt(sum, [rows, n]),
    backend.adopt(torch.call("aten::view", statistics, [2, rows]), [2, rows]),
  ];
};

/** `LabLayerNormGrad`: `[dx, dgain, dbias]`. */
export const layerNormGradient: Kernel = (call) => {
  const { inputs, backend, torch } = call;
  const { dy, normalised: sum, inverseDeviation: statistics, gain } =
    inputs as Record<
      "dy" | "normalised" | "inverseDeviation" | "gain",
      Info
    >;
  const [rows, n] = sum.shape as [number, number];
  const stacked = backend.handle(statistics);
  const [mean, inverse] = [0, 1].map((row) =>
    torch.call("aten::view", torch.cut(stacked, 0, row, 1), [rows, 1])
  ) as [Handle, Handle];
  const weight = { some: vector(call, gain) };
  const [dx, dgain, dbias] = torch.callMany(
    "aten::native_layer_norm_backward",
    [
      torch.packed(backend.stored(dy)),
      torch.packed(backend.stored(sum)),
      [n],
      mean,
      inverse,
      weight,
      weight,
      { flags: [true, true, true] },
    ],
    3,
  ) as [Handle, Handle, Handle];
  return [
    backend.adopt(dx, [rows, n]),
    backend.adopt(torch.as(dgain, ELEMENT.float32), [n]),
    backend.adopt(torch.as(dbias, ELEMENT.float32), [n]),
  ];
};
