import type { ObjectRow } from '#lib/sandbox/protocol.ts';

/** What names an object in a list of them. */
export const objectKey = ({
  kind,
  namespace,
  name,
}: Pick<ObjectRow, 'kind' | 'namespace' | 'name'>) => `${kind} ${namespace ?? ''}/${name}`;
