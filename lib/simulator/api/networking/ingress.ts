import type { KubeObject } from '../meta/object.ts';

/** networking.k8s.io/v1 Ingress. */
export interface Ingress extends KubeObject {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'Ingress';
  spec: IngressSpec;
  status?: { loadBalancer?: { ingress?: IngressAddress[] } };
}

export interface IngressSpec {
  ingressClassName?: string;
  defaultBackend?: IngressBackend;
  rules?: IngressRule[];
  tls?: { hosts?: string[]; secretName?: string }[];
}

export interface IngressRule {
  /** A name, or `*.` before one; absent: every host. */
  host?: string;
  http?: { paths?: IngressPath[] };
}

export interface IngressPath {
  path?: string;
  pathType?: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  backend: IngressBackend;
}

export interface IngressBackend {
  service?: { name: string; port?: { name?: string; number?: number } };
  resource?: { apiGroup?: string; kind: string; name: string };
}

export interface IngressAddress {
  ip?: string;
  hostname?: string;
  ports?: { port: number; protocol: string; error?: string }[];
}

/** What named the class before `spec.ingressClassName` did. */
export const INGRESS_CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** networking.k8s.io/v1 IngressClass. */
export interface IngressClass extends KubeObject {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'IngressClass';
  spec: {
    controller?: string;
    parameters?: {
      apiGroup?: string;
      kind: string;
      name: string;
      namespace?: string;
      scope?: 'Cluster' | 'Namespace';
    };
  };
}
