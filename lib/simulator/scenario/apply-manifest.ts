import type { ShellSystem } from '../shell/run.ts';

/** What `kubectl apply -f -` says of a YAML text. The editor, scenarios and the terminal share this road. */
export function applyManifest(
  { cluster, findCommand }: ShellSystem,
  yaml: string,
  namespace: string,
): { output: string; failed: boolean } {
  const context = {
    cluster,
    place: { type: 'workstation' } as const,
    namespace,
    stdin: yaml,
    files: {},
  };
  const result = findCommand('kubectl', context)?.(['apply', '-f', '-'], context);
  if (result?.type !== 'finished') return { output: 'kubectl is not here\n', failed: true };
  return { output: result.stdout + result.stderr, failed: result.exitCode !== 0 };
}
