export abstract class Module<In extends unknown[] = unknown[], Out = unknown> {
  abstract forward(...inputs: In): Out;
}
