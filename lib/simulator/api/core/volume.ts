/** A key of a ConfigMap or a Secret, and the file that it becomes. */
export interface KeyPath {
  key: string;
  path: string;
  mode?: number;
}

interface DownwardFiles {
  items?: {
    path: string;
    fieldRef?: { apiVersion?: string; fieldPath: string };
    resourceFieldRef?: { containerName?: string; resource: string; divisor?: string | number };
    mode?: number;
  }[];
}

/** One of the sources of a projected volume. */
export interface VolumeProjection {
  configMap?: { name?: string; items?: KeyPath[]; optional?: boolean };
  secret?: { name?: string; items?: KeyPath[]; optional?: boolean };
  downwardAPI?: DownwardFiles;
  serviceAccountToken?: { audience?: string; expirationSeconds?: number; path: string };
  [source: string]: unknown;
}

/** core/v1 Volume: the sources that the simulated kubelet knows are typed, others are kept as they are. */
export interface Volume {
  name: string;
  configMap?: { name?: string; items?: KeyPath[]; defaultMode?: number; optional?: boolean };
  secret?: { secretName?: string; items?: KeyPath[]; defaultMode?: number; optional?: boolean };
  emptyDir?: { medium?: string; sizeLimit?: string | number };
  hostPath?: { path: string; type?: string };
  projected?: { sources?: VolumeProjection[]; defaultMode?: number };
  downwardAPI?: DownwardFiles & { defaultMode?: number };
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
