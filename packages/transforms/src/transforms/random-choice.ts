import { ZooError } from '@zoo/core/base';
import { checkProbability, checkTransforms } from '../options.ts';
import { PlannedTransform, type Session, type Transform, type TransformDescription } from '../transform.ts';

/** Applies all of the transforms with probability `p` (default 0.5), or none. */
export class RandomApply extends PlannedTransform {
  readonly transforms: readonly Transform[];
  readonly p: number;

  constructor(transforms: readonly Transform[], { p = 0.5 }: { p?: number } = {}) {
    super();
    this.transforms = checkTransforms(transforms, 'RandomApply');
    this.p = checkProbability(p, 'RandomApply');
  }

  override plan(session: Session): void {
    if (session.rng.uniform() < this.p) for (const transform of this.transforms) session.run(transform);
  }

  override describe(): TransformDescription {
    const transforms = this.transforms.map((t) => t.describe());
    return { transform: 'RandomApply', options: { transforms, p: this.p } };
  }
}

/** Applies one of the transforms, each as likely as its weight in `p` (default: all alike). */
export class RandomChoice extends PlannedTransform {
  readonly transforms: readonly Transform[];
  readonly p: readonly number[];

  constructor(transforms: readonly Transform[], { p = transforms.map(() => 1) }: { p?: readonly number[] } = {}) {
    super();
    const total = p.reduce((sum, weight) => sum + weight, 0);
    if (transforms.length === 0 || p.length !== transforms.length || !p.every((w) => w >= 0) || !(total > 0)) {
      throw new ZooError(
        'INVALID_ARGUMENT',
        `RandomChoice needs transforms and one weight for each, not negative and not all 0; got ${transforms.length} transforms, p = ${JSON.stringify(p)}.`,
      );
    }
    this.transforms = checkTransforms(transforms, 'RandomChoice');
    this.p = p;
  }

  override plan(session: Session): void {
    let rest = session.rng.uniform() * this.p.reduce((sum, weight) => sum + weight, 0);
    let chosen = this.p.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    if (chosen < 0) chosen = this.p.length - 1; // rounding left a crumb
    session.run(this.transforms[chosen]!);
  }

  override describe(): TransformDescription {
    const transforms = this.transforms.map((t) => t.describe());
    return { transform: 'RandomChoice', options: { transforms, p: this.p } };
  }
}
