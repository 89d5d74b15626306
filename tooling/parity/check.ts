/** One compared quantity. */
export interface Check {
  /** Case and quantity, e.g. `lenet5_relu.train grad features.0.weight`. */
  name: string;
  error: number;
  tolerance: number;
}

export const passed = ({ error, tolerance }: Check): boolean => error <= tolerance;

export const formatCheck = (check: Check): string =>
  `${passed(check) ? 'ok  ' : 'FAIL'} ${check.name}  error ${check.error.toExponential(1)}  tolerance ${check.tolerance.toExponential(1)}`;
