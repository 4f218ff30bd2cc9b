// A small catalogue for a server: the drawings that the mock has.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assets } from '../mock/pictures.mjs';
import { run } from '../program';

export async function makeCatalogue(folder: string): Promise<string> {
  const pictures = join(folder, 'pictures');
  const catalogue = join(folder, 'catalogue');
  for (const { id = '', title, description, picture = '' } of assets) {
    const path = join(pictures, id);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, picture.replace('>', `><title>${title}</title><desc>${description}</desc>`));
  }
  await run('index', pictures, '--catalogue', catalogue, '--quiet');
  return catalogue;
}
