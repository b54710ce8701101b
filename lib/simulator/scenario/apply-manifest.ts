import type { Cluster } from '../cluster.ts';
import { createShellSystem } from '../shell/system.ts';

/** What `kubectl apply -f -` says of a YAML text. The editor, scenarios and the terminal share this road. */
export function applyManifest(
  cluster: Cluster,
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
  const result = createShellSystem(cluster).findCommand('kubectl', context)?.(
    ['apply', '-f', '-'],
    context,
  );
  if (result?.type !== 'finished') return { output: 'kubectl is not here\n', failed: true };
  return { output: result.stdout + result.stderr, failed: result.exitCode !== 0 };
}
