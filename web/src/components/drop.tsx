// A picture can be dropped anywhere, or pasted.
import { signal } from '@preact/signals';
import { attach } from '../state/compose';
import { pictureIn } from '../state/picture';
import { go, page } from '../state/router';
import { Icon } from './icons';

const over = signal(false);

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

function taken(data: DataTransfer | null): boolean {
  const file = pictureIn(data);
  if (!file) return false;
  if (page.value !== '') go('');
  void attach(file, file.name);
  return true;
}

export function startDropping(): void {
  let depth = 0;
  addEventListener('dragenter', (event) => {
    if (hasFiles(event) && ++depth > 0) over.value = true;
  });
  addEventListener('dragleave', (event) => {
    if (hasFiles(event) && --depth <= 0) {
      depth = 0;
      over.value = false;
    }
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over.value = false;
    taken(event.dataTransfer);
  });
  addEventListener('paste', (event) => {
    if (taken(event.clipboardData)) event.preventDefault();
  });
}

export const DropPlace = () =>
  over.value ? (
    <div class="drop-place" aria-hidden="true">
      <div><Icon name="image" size={34} /><p>Drop the picture</p></div>
    </div>
  ) : null;
