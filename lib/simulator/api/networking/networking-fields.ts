import type { TypeTable } from '../schema/field-type.ts';

/** Kinds of networking.k8s.io/v1, field by field as the OpenAPI document of Kubernetes 1.35 has them. */
export const NETWORKING_FIELDS: TypeTable = {
  NetworkPolicy: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'NetworkPolicySpec',
  },
  NetworkPolicySpec: {
    egress: '[]NetworkPolicyEgressRule',
    ingress: '[]NetworkPolicyIngressRule',
    podSelector: 'meta.LabelSelector',
    policyTypes: '[]string',
  },
  NetworkPolicyEgressRule: {
    ports: '[]NetworkPolicyPort',
    to: '[]NetworkPolicyPeer',
  },
  NetworkPolicyPort: {
    endPort: 'int32',
    port: 'int-or-string',
    protocol: 'string',
  },
  NetworkPolicyPeer: {
    ipBlock: 'IPBlock',
    namespaceSelector: 'meta.LabelSelector',
    podSelector: 'meta.LabelSelector',
  },
  IPBlock: {
    cidr: '!string',
    except: '[]string',
  },
  NetworkPolicyIngressRule: {
    from: '[]NetworkPolicyPeer',
    ports: '[]NetworkPolicyPort',
  },
  Ingress: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'IngressSpec',
    status: 'IngressStatus',
  },
  IngressSpec: {
    defaultBackend: 'IngressBackend',
    ingressClassName: 'string',
    rules: '[]IngressRule',
    tls: '[]IngressTLS',
  },
  IngressBackend: {
    resource: 'core.TypedLocalObjectReference',
    service: 'IngressServiceBackend',
  },
  IngressServiceBackend: {
    name: '!string',
    port: 'ServiceBackendPort',
  },
  ServiceBackendPort: {
    name: 'string',
    number: 'int32',
  },
  IngressRule: {
    host: 'string',
    http: 'HTTPIngressRuleValue',
  },
  HTTPIngressRuleValue: {
    paths: '![]HTTPIngressPath',
  },
  HTTPIngressPath: {
    backend: '!IngressBackend',
    path: 'string',
    pathType: '!string',
  },
  IngressTLS: {
    hosts: '[]string',
    secretName: 'string',
  },
  IngressStatus: {
    loadBalancer: 'IngressLoadBalancerStatus',
  },
  IngressLoadBalancerStatus: {
    ingress: '[]IngressLoadBalancerIngress',
  },
  IngressLoadBalancerIngress: {
    hostname: 'string',
    ip: 'string',
    ports: '[]IngressPortStatus',
  },
  IngressPortStatus: {
    error: 'string',
    port: '!int32',
    protocol: '!string',
  },
  IngressClass: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'IngressClassSpec',
  },
  IngressClassSpec: {
    controller: 'string',
    parameters: 'IngressClassParametersReference',
  },
  IngressClassParametersReference: {
    apiGroup: 'string',
    kind: '!string',
    name: '!string',
    namespace: 'string',
    scope: 'string',
  },
  IPAddress: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: '!IPAddressSpec',
  },
  IPAddressSpec: {
    parentRef: '!ParentReference',
  },
  ParentReference: {
    group: 'string',
    name: '!string',
    namespace: 'string',
    resource: '!string',
  },
  ServiceCIDR: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'meta.ObjectMeta',
    spec: 'ServiceCIDRSpec',
    status: 'ServiceCIDRStatus',
  },
  ServiceCIDRSpec: {
    cidrs: '[]string',
  },
  ServiceCIDRStatus: {
    conditions: '[]meta.Condition merge=type',
  },
};
