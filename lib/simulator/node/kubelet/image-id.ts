import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { parseImageName } from './find-image.ts';

/** `docker.io/library/nginx:1.29`: a reference with nothing left out. */
export function fullImageName(image: string): string {
  const name = parseImageName(image);
  return name ? `${name.host}/${name.path}${name.tag}` : image;
}

/** Remembered, as every status of every pod asks for it. */
const ids = new Map<string, string>();

/**
 * `docker.io/library/nginx@sha256:...`. Simplified: the digest is made from the name; there are no layers whose digest it
 * could be.
 */
export function imageId(image: string): string {
  const known = ids.get(image);
  if (known !== undefined) return known;
  const name = parseImageName(image);
  if (!name) return image;
  const digest = bytesToHex(sha256(utf8ToBytes(fullImageName(image))));
  const id = `${name.host}/${name.path}@sha256:${digest}`;
  ids.set(image, id);
  return id;
}
