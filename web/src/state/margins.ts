// Many drawings are small on a large, empty page: what is shown of one is the part that something is drawn on.

const side = 96; // pixels that it is looked at with
const faint = 8; // alpha
const least = 0.06; // a margin below this share stays as it is
const rim = 0.02; // left around the drawing

// Of a picture's pixels: how far in from the top, right, bottom and left, as shares, something is drawn. Null: nothing is.
export function marginsOf(rgba: Uint8ClampedArray, width: number, height: number): [number, number, number, number] | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      if ((rgba[4 * (y * width + x) + 3] ?? 0) < faint) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : [top / height, 1 - (right + 1) / width, 1 - (bottom + 1) / height, left / width];
}

// As a value of CSS's object-view-box; empty: all of it. Browsers that do not know it show all of it, too.
export function drawnPart(image: HTMLImageElement): string {
  if (!CSS.supports('object-view-box', 'inset(0%)') || image.naturalWidth === 0 || image.naturalHeight === 0) return '';
  const scale = side / Math.max(image.naturalWidth, image.naturalHeight);
  const [width, height] = [image.naturalWidth, image.naturalHeight].map((one) => Math.max(1, Math.round(one * scale))) as [number, number];
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) return '';
    context.drawImage(image, 0, 0, width, height);
    const margins = marginsOf(context.getImageData(0, 0, width, height).data, width, height);
    if (!margins || Math.max(...margins) < least) return '';
    return `inset(${margins.map((one) => `${(100 * Math.max(0, one - rim)).toFixed(1)}%`).join(' ')})`;
  } catch {
    return ''; // a picture whose pixels are kept from pages
  }
}
