/** State of a seeded generator: plain data, so that a saved cluster draws the same numbers again. */
export interface RandomState {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** FNV-1a over UTF-16 units: turns a seed text into a number. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** A generator from a seed text; two seeds give unrelated streams. */
export function seedRandom(seed: string): RandomState {
  const state: RandomState = {
    a: hashText(`a${seed}`),
    b: hashText(`b${seed}`),
    c: hashText(`c${seed}`),
    d: 1,
  };
  for (let i = 0; i < 12; i++) nextUint32(state);
  return state;
}

/** The next 32 bits (sfc32, Chris Doty-Humphrey's PractRand). Changes the state. */
export function nextUint32(state: RandomState): number {
  const t = (state.a + state.b + state.d) | 0;
  state.d = (state.d + 1) | 0;
  state.a = state.b ^ (state.b >>> 9);
  state.b = (state.c + (state.c << 3)) | 0;
  state.c = ((state.c << 21) | (state.c >>> 11)) + t;
  state.c |= 0;
  return t >>> 0;
}

/** A number in [0, 1). */
export function nextFloat(state: RandomState): number {
  return nextUint32(state) / 0x1_0000_0000;
}

/** An integer in [0, below). */
export function nextInt(state: RandomState, below: number): number {
  return Math.floor(nextFloat(state) * below);
}

/** Characters that Kubernetes uses for generated names (apimachinery `util/rand`: no vowels, no 0, 1, 3). */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix as in `pod-x7k2p`: by default five characters. */
export function nextNameSuffix(state: RandomState, length = 5): string {
  let name = '';
  for (let i = 0; i < length; i++) name += NAME_ALPHABET[nextInt(state, NAME_ALPHABET.length)];
  return name;
}

/** A version 4 UUID (RFC 9562). */
export function nextUuid(state: RandomState): string {
  const hex = Array.from({ length: 4 }, () => nextUint32(state).toString(16).padStart(8, '0')).join(
    '',
  );
  const variant = '89ab'[nextInt(state, 4)] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
