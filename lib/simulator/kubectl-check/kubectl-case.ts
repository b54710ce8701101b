/** One command line with what kubectl must answer. Lines run one after the other on the cluster of their chapter. */
export interface KubectlCase {
  /** As typed in a shell: `kubectl get pods -o wide`. */
  readonly line: string;
  /** Exit code; 0 when absent. Of a line that is interrupted, none is compared. */
  readonly exit?: number;
  /** All of it. A regular expression only where names, addresses or ages are chance. Absent: nothing. */
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  /** Where a minor version words it otherwise. */
  readonly other?: Readonly<
    Record<string, Partial<Pick<KubectlCase, 'exit' | 'stdout' | 'stderr'>>>
  >;
  /** A stream that does not end: interrupted after so many simulated seconds. */
  readonly seconds?: number;
  /** Simulated seconds that pass before it, in which controllers work. */
  readonly after?: number;
  /** `client`: kubectl computes ages itself, by the machine's clock. */
  readonly ages?: 'client';
  /** It asks again and again until something has happened, instead of watching. */
  readonly polls?: true;
  /** Why the page's kubectl is not asked the same. */
  readonly notInPage?: string;
}

/** Lines over one cluster. */
export interface Chapter {
  readonly name: string;
  /** Applied before the first line. */
  readonly manifests: readonly string[];
  /** Files that lines name, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly cases: readonly KubectlCase[];
}

/** How a command line ended. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when it was interrupted. */
  readonly exit: number | undefined;
  /** It kept the page's terminal for a while: the screen has one place for both streams. */
  readonly streams?: true;
}

/** What a word in braces stands for. */
const PATTERNS: Readonly<Record<string, string>> = {
  age: String.raw`\d+[smhd](?:\d+[smh])?`,
  hash: String.raw`[a-z0-9]{1,10}`,
  tail: String.raw`[a-z0-9]{5}`,
  node: String.raw`node-[a-z]`,
  ip: String.raw`\d+\.\d+\.\d+\.\d+`,
  time: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`,
  uid: String.raw`[0-9a-f-]{36}`,
  number: String.raw`\d+`,
  '...': String.raw`[\s\S]*`,
};

/**
 * A text in which `{age}`, `{ip}` and the like stand for what is chance, and `{...}` for anything; two blanks and more
 * are any number of them, as columns are as wide as what is in them.
 */
export function like(text: string): RegExp {
  const source = text
    .split(/(\{[a-z.]+\}|  +)/)
    .map((part) => {
      if (part.startsWith('  ')) return ' +';
      const pattern = PATTERNS[part.slice(1, -1)];
      return pattern !== undefined && part.startsWith('{')
        ? pattern
        : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}
