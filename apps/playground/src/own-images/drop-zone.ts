export interface DropZoneOptions {
  /** What stands above the thumbnails. */
  heading: HTMLElement;
  onFiles: (files: File[]) => void;
}

const imagesOnly = (files: FileList | null | undefined): File[] =>
  [...(files ?? [])].filter(({ type }) => type.startsWith('image/'));

function thumbnail(file: File): HTMLImageElement {
  const image = document.createElement('img');
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.onload = () => URL.revokeObjectURL(image.src);
  return image;
}

/** A box that takes images by dropping or choosing files. */
export function dropZone({ heading, onFiles }: DropZoneOptions): HTMLElement {
  const box = document.createElement('div');
  box.className = 'drop';
  const chooser = document.createElement('input');
  Object.assign(chooser, { type: 'file', multiple: true, accept: 'image/*', ariaLabel: 'Choose images' });
  const thumbnails = document.createElement('div');
  thumbnails.className = 'thumbnails';
  box.append(heading, ' ', chooser, thumbnails);

  const take = (files: File[]) => {
    if (files.length === 0) return;
    thumbnails.append(...files.slice(0, 40).map(thumbnail));
    onFiles(files);
  };
  chooser.addEventListener('change', () => {
    take(imagesOnly(chooser.files));
    chooser.value = '';
  });
  box.addEventListener('dragover', (event) => {
    event.preventDefault();
    box.classList.add('over');
  });
  box.addEventListener('dragleave', () => box.classList.remove('over'));
  box.addEventListener('drop', (event) => {
    event.preventDefault();
    box.classList.remove('over');
    take(imagesOnly(event.dataTransfer?.files));
  });
  return box;
}
