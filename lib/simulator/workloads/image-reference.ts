/** A container image reference, taken apart. `repository` has the short form that IMAGES uses as its key. */
export interface ImageReference {
  readonly repository: string;
  readonly tag: string;
  readonly digest?: string;
}

const DOCKER_HUB = /^(?:(?:index\.)?docker\.io|registry-1\.docker\.io)\//;

/**
 * Reads `nginx`, `nginx:1.27`, `docker.io/library/nginx:1.27`, `registry.k8s.io/pause@sha256:...`. The tag is `latest`
 * when neither tag nor digest is given. Undefined for text that the runtime calls InvalidImageName.
 * Source: distribution/reference, "normalised" form; Docker Hub's host and `library/` are taken off.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const match =
    /^((?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$/.exec(
      text,
    );
  if (!match) return undefined;
  const [, name = '', tag, digest] = match;
  const repository = name.replace(DOCKER_HUB, '').replace(/^library\//, '');
  return {
    repository,
    tag: tag ?? (digest === undefined ? 'latest' : ''),
    ...(digest !== undefined && { digest }),
  };
}
