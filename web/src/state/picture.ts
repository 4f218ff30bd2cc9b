// A picture that was dropped, pasted, chosen or taken, made ready to be sent.

export interface Picture {
  name: string;
  preview: string; // an object URL
  data: string; // base64
}

const maxBytes = 8 << 20; // that the server takes
const plentyBytes = 600 << 10; // above that it is made smaller: it is looked at in a few hundred pixels
const side = 1024;

export const acceptedPictures = 'image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff,image/svg+xml';

export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

async function smaller(blob: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((made) => (made ? resolve(made) : reject(new Error('no picture'))), 'image/jpeg', 0.9),
  );
}

// Errors: an Error with a line for the person.
export async function readPicture(file: Blob, name: string): Promise<Picture> {
  if (!file.type.startsWith('image/')) throw new Error(`${name} is no picture. PNG, JPEG, WebP, GIF, BMP, TIFF and SVG are.`);
  // What the browser cannot draw (TIFF) goes as it is.
  const sent = file.size > plentyBytes && file.type !== 'image/svg+xml' ? await smaller(file).catch(() => file) : file;
  if (sent.size > maxBytes) throw new Error(`${name} is larger than 8 MB. Make it smaller and try again.`);
  return { name, preview: URL.createObjectURL(file), data: base64(new Uint8Array(await sent.arrayBuffer())) };
}

export const pictureIn = (data: DataTransfer | null): File | null =>
  Array.from(data?.files ?? []).find((one) => one.type.startsWith('image/')) ?? data?.files[0] ?? null;

export async function hasCamera(): Promise<boolean> {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some((one) => one.kind === 'videoinput');
  } catch {
    return false; // none, or no secure context
  }
}
