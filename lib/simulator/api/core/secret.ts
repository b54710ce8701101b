import type { KubeObject } from '../meta/object.ts';

/** v1 Secret. */
export interface Secret extends KubeObject {
  apiVersion: 'v1';
  kind: 'Secret';
  /** Values in base64. */
  data?: Record<string, string>;
  /** Values as plain text, for writing alone: the API server moves them into `data`. */
  stringData?: Record<string, string>;
  immutable?: boolean;
  type?: string;
}
