/** A path of this site, or '/': a redirect never leaves us, whatever the address said. */
export function safePath(next: string | null | undefined): string {
  if (!next || !next.startsWith('/') || /[\u0000-\u001f\\]/.test(next)) return '/';
  if (next.startsWith('//')) return '/';
  try {
    const url = new URL(next, 'http://here.invalid');
    if (url.host !== 'here.invalid' || url.pathname.startsWith('//')) return '/';
    return url.pathname + url.search + url.hash;
  } catch {
    return '/';
  }
}
