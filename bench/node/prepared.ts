/** What a job gives once nets and inputs are there. */
export interface Prepared {
  /** One timed iteration; done when its output is in host memory. */
  iterate(): Promise<unknown>;
  /** Outputs to compare with other engines': the first is the engine's first iteration of all. */
  check(): AsyncGenerator<Float32Array, void>;
  /** Milliseconds that the engine has compiled so far; absent where it compiles nothing. */
  compileMs?(): number | undefined;
}
