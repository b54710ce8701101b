import type { Image } from '../../linux/image.ts';

/** A reference as distribution/reference takes it apart; `tag` with its `:` or `@`. */
export interface ImageName {
  readonly host: string;
  readonly path: string;
  readonly tag: string;
}

const REFERENCE =
  /^(?<name>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$/;

/** Takes a reference apart as distribution/reference normalises it; undefined when it is none. */
export function parseImageName(text: string): ImageName | undefined {
  const groups = REFERENCE.exec(text)?.groups;
  if (!groups) return undefined;
  const { name = '', tag = 'latest', digest } = groups;
  const suffix = digest === undefined ? `:${tag}` : `@${digest}`;
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(first) || first === 'localhost') {
    return { host: first, path: name.slice(slash + 1), tag: suffix };
  }
  return { host: 'docker.io', path: slash < 0 ? `library/${name}` : name, tag: suffix };
}

/** The image that a reference names in the registry, by its short repository name. */
export function findImage(
  text: string,
  images: Readonly<Record<string, Image>>,
): Image | undefined {
  const name = parseImageName(text);
  if (!name) return undefined;
  const { host, path } = name;
  const key = host === 'docker.io' ? path.replace(/^library\//, '') : `${host}/${path}`;
  return Object.hasOwn(images, key) ? images[key] : undefined;
}
