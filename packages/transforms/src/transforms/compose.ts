import { checkTransforms } from '../options.ts';
import type { Session, Transform, TransformDescription } from '../transform.ts';
import { PlannedTransform } from '../transform.ts';

/** One transform after another. */
export class Compose extends PlannedTransform {
  readonly transforms: readonly Transform[];

  constructor(transforms: readonly Transform[]) {
    super();
    this.transforms = checkTransforms(transforms, 'Compose');
  }

  override plan(session: Session): void {
    for (const transform of this.transforms) session.run(transform);
  }

  override describe(): TransformDescription {
    return { transform: 'Compose', options: { transforms: this.transforms.map((t) => t.describe()) } };
  }
}
