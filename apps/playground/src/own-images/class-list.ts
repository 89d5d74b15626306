import { dropZone } from './drop-zone.ts';

export interface LabelledFiles {
  files: File[];
  labels: string[];
}

/** The boxes of the classes: a name and the images dropped on each. */
export class ClassList {
  readonly #root: HTMLElement;
  readonly #onChange: () => void;
  readonly #classes: Array<{ name: HTMLInputElement; files: File[] }> = [];

  constructor(root: HTMLElement, onChange: () => void) {
    this.#root = root;
    this.#onChange = onChange;
    this.add();
    this.add();
  }

  add(): void {
    const name = document.createElement('input');
    Object.assign(name, { type: 'text', value: `class ${this.#classes.length + 1}`, ariaLabel: 'Name of the class' });
    name.addEventListener('change', this.#onChange);
    const files: File[] = [];
    this.#classes.push({ name, files });
    this.#root.append(
      dropZone({
        heading: name,
        onFiles: (dropped) => {
          files.push(...dropped);
          this.#onChange();
        },
      }),
    );
  }

  /** All images with their class's name; classes without images are left out. */
  labelled(): LabelledFiles {
    const files = this.#classes.flatMap((one) => one.files);
    const labels = this.#classes.flatMap((one) => one.files.map(() => one.name.value.trim()));
    return { files, labels };
  }

  /** Why training cannot begin yet; empty when it can. */
  problem(): string {
    const filled = this.#classes.filter(({ files }) => files.length > 0).map(({ name }) => name.value.trim());
    if (filled.length < 2) return 'drop images on at least two classes';
    if (filled.includes('')) return 'name every class';
    return new Set(filled).size < filled.length ? 'give each class a name of its own' : '';
  }
}
