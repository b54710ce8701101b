/** core/v1 Volume: the sources that the simulated kubelet knows are typed, others are kept as they are. */
export interface Volume {
  name: string;
  configMap?: {
    name?: string;
    items?: { key: string; path: string; mode?: number }[];
    defaultMode?: number;
    optional?: boolean;
  };
  secret?: { secretName?: string; defaultMode?: number; optional?: boolean };
  emptyDir?: { medium?: string; sizeLimit?: string | number };
  hostPath?: { path: string; type?: string };
  projected?: { sources?: Record<string, unknown>[]; defaultMode?: number };
  downwardAPI?: Record<string, unknown>;
  [source: string]: unknown;
}

export interface VolumeMount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  subPath?: string;
  subPathExpr?: string;
  mountPropagation?: string;
}
